// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

func TestManualTime_delaysEndWithAdvance(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{ManualTime: true, StartDelay: 2 * time.Second, StopDelay: 3 * time.Second})
	alice := newClient(t, server, server.NewToken("alice"))
	alice.callGateway(http.MethodPost, clustersPath, "{}")
	status := func() string { return server.Clusters("alice")[0].Status }
	server.Advance(2*time.Second - 1)
	if got := status(); got != "PENDING" {
		t.Errorf("status just before the start delay: %s", got)
	}
	server.Advance(1)
	if got := status(); got != "RUNNING" {
		t.Errorf("status after the start delay: %s", got)
	}
	var order []string
	for name, delay := range map[string]time.Duration{"c": 3 * time.Second, "a": time.Second, "b": 2 * time.Second} {
		server.AfterFunc(delay, func() { order = append(order, name) })
	}
	// A timer that starts another one inside the period calls it as well.
	server.AfterFunc(time.Second, func() { server.AfterFunc(time.Second, func() { order = append(order, "d") }) })
	server.Advance(5 * time.Second)
	if got := strings.Join(order, ""); got != "abdc" {
		t.Errorf("order of the timers: %s", got)
	}

	server.FailNext(mockserver.Fault{ResponseDelay: 8 * time.Second})
	responses := make(chan testResponse, 1)
	go func() {
		got, err := alice.tryGateway(t.Context(), http.MethodGet, clustersPath, "")
		if err != nil {
			t.Error(err)
		}
		responses <- got
	}()
	if err := server.AwaitRequest(t.Context(), http.MethodGet, "*/clusters/"); err != nil {
		t.Fatal(err)
	}
	// The response's timer starts after the journal entry, so one step may come
	// before it.
	waitUntil(t, "response", func() bool {
		server.Advance(8 * time.Second)
		return len(responses) == 1
	})
	if got := <-responses; got.StatusCode != http.StatusOK {
		t.Errorf("status of the delayed response: %d", got.StatusCode)
	}
}

func TestClockOffset_movesAllTimesOfTheServers(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{ClockOffset: -time.Hour})
	alice := newClient(t, server, server.NewToken("alice"))
	created := alice.callGateway(http.MethodPost, clustersPath, `{"cluster_options": {"profile": "stuck"}}`)
	date, err := http.ParseTime(created.Header.Get("Date"))
	if behind := time.Since(date); err != nil || behind < 59*time.Minute || behind > 61*time.Minute {
		t.Errorf("Date is %s behind (%v)", behind, err)
	}
	cluster := alice.callGateway(http.MethodGet, clustersPath+field[string](t, created, "name"), "")
	if behind := time.Since(time.UnixMilli(field[int64](t, cluster, "start_time"))); behind < 59*time.Minute || behind > 61*time.Minute {
		t.Errorf("start_time is %s behind", behind)
	}
}

func TestRepeatCreate_createsEqualClusterOfSecondClient(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	repeated := make(chan string, 1)
	fault := mockserver.RequestNotForwarded()
	fault.Path = "*" + clustersPath
	server.FailNext(fault)
	got := alice.callGateway(http.MethodPost, clustersPath, `{"cluster_options": {"worker_cores": 2, "profile": "stuck"}}`)
	if got.StatusCode != http.StatusBadGateway || got.Header.Get("Content-Type") != "text/html" || len(server.Clusters("alice")) != 0 {
		t.Errorf("%d %s, %d clusters", got.StatusCode, got.body, len(server.Clusters("alice")))
	}
	server.AfterFunc(time.Millisecond, func() { repeated <- server.RepeatCreate("alice") })
	name := <-repeated
	clusters := server.Clusters("alice")
	if len(clusters) != 1 || clusters[0].Name != name || clusters[0].Status != "PENDING" || clusters[0].Options["worker_cores"] != 2.0 {
		t.Errorf("clusters = %+v", clusters)
	}
}

func TestFaultFor_decidesPerRequest(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{FaultFor: func(r mockserver.Request) *mockserver.Fault {
		if r.Method == http.MethodPost && string(r.Body) == `{"note": "unlucky"}` {
			return &mockserver.Fault{Drop: mockserver.DropAfterHandling}
		}
		return nil
	}})
	alice := newClient(t, server, server.NewToken("alice"))
	if got := alice.callHub(http.MethodPost, "/users/alice/tokens", `{"note": "lucky"}`); got.StatusCode != http.StatusCreated {
		t.Errorf("status without a fault: %d", got.StatusCode)
	}
	_, err := alice.do(t.Context(), http.MethodPost, alice.hub+"/users/alice/tokens", `{"note": "unlucky"}`, map[string]string{"Authorization": "token " + alice.token})
	if tokens := server.Tokens("alice"); err == nil || len(tokens) != 3 {
		t.Errorf("error %v, %d tokens", err, len(tokens))
	}
	server.FailNext(mockserver.Fault{Status: http.StatusTeapot})
	if got := alice.callHub(http.MethodPost, "/users/alice/tokens", `{"note": "unlucky"}`); got.StatusCode != http.StatusTeapot {
		t.Errorf("status with a fault of FailNext: %d", got.StatusCode)
	}
}

func TestListener_replacesListen(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := startMock(t, mockserver.Config{Listen: "192.0.2.1:1", Listener: listener})
	if want := "http://" + listener.Addr().String(); server.URL() != want {
		t.Errorf("URL %s, want %s", server.URL(), want)
	}
	if got := newClient(t, server, "").callGateway(http.MethodGet, "api/health", ""); got.StatusCode != http.StatusOK {
		t.Errorf("status: %d", got.StatusCode)
	}
}

func TestUnauthorized_hasChallenge(t *testing.T) {
	t.Parallel()
	for auth, challenge := range map[string]string{"jupyterhub": "jupyterhub", "basic": "Basic"} {
		server := startMock(t, mockserver.Config{Auth: auth, Password: "secret"})
		anonymous := newClient(t, server, "")
		for path, want := range map[string]string{"api/v1/options": challenge, "api/v1/routes": "token"} {
			got := anonymous.send(http.MethodGet, anonymous.gateway+path, "", nil)
			if got.StatusCode != http.StatusUnauthorized || got.Header.Get("Www-Authenticate") != want {
				t.Errorf("%s: %d, challenge %q, want %q", path, got.StatusCode, got.Header.Get("Www-Authenticate"), want)
			}
		}
		server.FailNext(mockserver.Fault{Status: http.StatusUnauthorized})
		if got := anonymous.callGateway(http.MethodGet, "api/health", "").Header.Get("Www-Authenticate"); got != challenge {
			t.Errorf("challenge of a fault: %q", got)
		}
		server.FailNext(mockserver.Fault{Status: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {"Negotiate"}}})
		if got := anonymous.callGateway(http.MethodGet, "api/health", "").Header.Get("Www-Authenticate"); got != "Negotiate" {
			t.Errorf("challenge of a fault with a header: %q", got)
		}
	}
}

func TestCatalog_namesTheKeysHeader(t *testing.T) {
	t.Parallel()
	catalog := mockserver.StartCatalog(mockserver.CatalogConfig{Key: "right"})
	t.Cleanup(catalog.Close)
	server := startMock(t, mockserver.Config{})
	got := newClient(t, server, "").send(http.MethodGet, catalog.SASURL()+"/account/container", "", map[string]string{"Ocp-Apim-Subscription-Key": "wrong"})
	if got.StatusCode != http.StatusUnauthorized || !strings.Contains(got.Header.Get("Www-Authenticate"), `name="Ocp-Apim-Subscription-Key"`) {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
}

func TestSchedulerLoad_showsInCounts(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	name := server.AddCluster("alice", map[string]any{"worker_cores": 2})
	alice.callGateway(http.MethodPost, clustersPath+name+"/scale", `{"count": 3}`)
	waitUntil(t, "three workers", func() bool { return server.Clusters("alice")[0].Workers == 3 })
	counts := func() string {
		return alice.callGateway(http.MethodGet, "clusters/"+name+"/json/counts.json", "").body
	}
	const idle = `{"bytes": 0, "clients": 1, "cores": 6, "erred": 0, "hosts": 1, "idle": 3, "memory": 0, "processing": 0, "released": 0, "saturated": 0, ` +
		`"tasks": 0, "unrunnable": 0, "waiting": 0, "waiting_data": 0, "workers": 3, "desired_workers": 0}`
	if got := counts(); got != idle {
		t.Errorf("counts of an idle cluster: %s", got)
	}
	server.SetSchedulerLoad(name, mockserver.SchedulerLoad{
		Clients: 2, Tasks: 9, Processing: 4, Waiting: 3, WaitingData: 2, Erred: 1, Released: 1, Unrunnable: 5, Memory: 7, Bytes: 800, BusyWorkers: 2, SaturatedWorkers: 1, DesiredWorkers: 6,
	})
	const busy = `{"bytes": 800, "clients": 3, "cores": 6, "erred": 1, "hosts": 1, "idle": 1, "memory": 7, "processing": 4, "released": 1, "saturated": 1, ` +
		`"tasks": 9, "unrunnable": 5, "waiting": 3, "waiting_data": 2, "workers": 3, "desired_workers": 6}`
	if got := counts(); got != busy {
		t.Errorf("counts of a busy cluster: %s", got)
	}
	server.SetSchedulerLoad(name, mockserver.SchedulerLoad{})
	if got := counts(); got != idle {
		t.Errorf("counts after the computation: %s", got)
	}
}
