// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// calls is what was requested, as "METHOD path?query" below the gateway's
// address, with NAME for the cluster's name.
func calls(mock *providertest.Mock, name string) []string {
	var made []string
	for _, request := range mock.Requests() {
		call := request.Method + " " + strings.TrimPrefix(request.Path, "/services/dask-gateway")
		if request.Query != "" {
			call += "?" + request.Query
		}
		made = append(made, strings.ReplaceAll(call, name, "NAME"))
	}
	return made
}

func assertCalls(t *testing.T, mock *providertest.Mock, name string, want ...string) {
	t.Helper()
	if got := calls(mock, name); !slices.Equal(got, want) {
		t.Errorf("requested:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestDaskCluster_costsFewRequests(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	w := providertest.NewClient(t, providertest.Block(mock))
	config := map[string]any{"adapt": map[string]any{"minimum": 1, "maximum": 100}}
	made, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), config)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
	name := w.Text(t, providertest.ClusterType, made.State, "name")
	survey := "GET /api/v1/clusters/?status=pending%2Crunning%2Cstopping%2Cstopped%2Cfailed"
	assertCalls(t, mock, name, "GET /api/v1/options", survey, "POST /api/v1/clusters/", "GET /api/v1/clusters/NAME?wait", "POST /api/v1/clusters/NAME/adapt")

	mock.ClearRequests()
	_, diagnostics = w.Read(t, providertest.ClusterType, made)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
	w.Plan(t, providertest.ClusterType, made, config)
	assertCalls(t, mock, name, "GET /api/v1/clusters/NAME")
}

// TestDaskCluster_isInTheStateWhateverFailsAfterwards fails each call after the
// POST in turn, and asks for what is left.
func TestDaskCluster_isInTheStateWhateverFailsAfterwards(t *testing.T) {
	t.Parallel()
	broken := func(method, path string, status int) mockserver.Fault {
		return mockserver.Fault{Method: method, Path: path, Times: 1000, Status: status, ContentType: "text/plain; charset=utf-8", Body: "no"}
	}
	for name, test := range map[string]struct {
		fault mockserver.Fault
		want  providertest.ExpectedDiagnostic
	}{
		"wait forbidden": {broken(http.MethodGet, "*/clusters/*", 403), providertest.ErrorAt("", "It is not known whether the cluster started")},
		"wait fails":     {broken(http.MethodGet, "*/clusters/*", 500), providertest.ErrorAt("", "It is not known whether the cluster started")},
		"wait cut off":   {mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/*", Times: 1000, Drop: mockserver.DropMidResponse}, providertest.ErrorAt("", "It is not known whether the cluster started")},
		"adapt fails":    {broken(http.MethodPost, "*/adapt", 500), providertest.ErrorAt("", "The workers of the cluster")},
		"adapt refused":  {broken(http.MethodPost, "*/adapt", 422), providertest.ErrorAt("", "The server rejected the values")},
		"workers hidden": {broken(http.MethodGet, "*/counts.json", 403), providertest.ErrorAt("", "The wait for the workers of the cluster")},
		"scheduler is out of reach": {
			mockserver.Fault{Method: http.MethodPost, Path: "*/adapt", Status: 409, ContentType: "application/json; charset=utf-8", Body: `{"error": "cluster x is not running"}`},
			providertest.ErrorAt("", "Its status is now RUNNING."),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			w := providertest.NewClient(t, providertest.Block(mock))
			mock.FailNext(test.fault)
			made, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{
				"adapt": map[string]any{"minimum": 1, "maximum": 1}, "wait_for_workers": 1,
			})
			providertest.AssertDiagnostics(t, diagnostics, test.want)
			clusters := mock.Clusters("alice")
			if len(clusters) != 1 {
				t.Fatalf("%d clusters, want 1", len(clusters))
			}
			if got := w.Text(t, providertest.ClusterType, made.State, "name"); got != clusters[0].Name {
				t.Errorf("the state has %q, the gateway %q", got, clusters[0].Name)
			}
		})
	}
}

// TestDaskCluster_survivesALostAnswer loses the answer to the POST.
func TestDaskCluster_survivesALostAnswer(t *testing.T) {
	t.Parallel()
	post := func(fault mockserver.Fault) mockserver.Fault {
		fault.Method, fault.Path = http.MethodPost, "*/clusters/"
		return fault
	}
	proxy := func(status int) mockserver.Fault {
		return post(mockserver.Fault{HandleRequest: true, Status: status, ContentType: "text/html", Body: "<title>" + http.StatusText(status) + "</title>"})
	}
	for name, test := range map[string]struct {
		fault    mockserver.Fault
		clusters int
		want     providertest.ExpectedDiagnostic
	}{
		"reset after it arrived":  {post(mockserver.Fault{Drop: mockserver.DropAfterHandling}), 1, providertest.WarningAt("", "was taken over")},
		"cut off in its midst":    {post(mockserver.Fault{Drop: mockserver.DropMidResponse}), 1, providertest.WarningAt("", "was taken over")},
		"502 after it arrived":    {proxy(502), 1, providertest.WarningAt("", "was taken over")},
		"504 after it arrived":    {proxy(504), 1, providertest.WarningAt("", "was taken over")},
		"reset before it arrived": {post(mockserver.Fault{Drop: mockserver.DropBeforeHandling}), 0, providertest.ErrorAt("", "Most likely nothing was made")},
		"503 of the proxy":        {post(mockserver.GatewayUnavailable()), 0, providertest.ErrorAt("", "Most likely nothing was made")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			mock.AddCluster("alice", map[string]any{"gpu": true})
			w := providertest.NewClient(t, providertest.Block(mock))
			mock.FailNext(test.fault)
			made, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{"options": map[string]any{"worker_cores": 2}})
			providertest.AssertDiagnostics(t, diagnostics, test.want)
			if got := mock.CountRequests(http.MethodPost, "*/clusters/"); got != 1 {
				t.Errorf("%d POST requests, want 1", got)
			}
			clusters := mock.Clusters("alice")[1:]
			if len(clusters) != test.clusters {
				t.Fatalf("%d clusters were made, want %d", len(clusters), test.clusters)
			}
			if test.clusters == 1 && w.Text(t, providertest.ClusterType, made.State, "name") != clusters[0].Name {
				t.Error("the state does not have the cluster that was made")
			}
		})
	}
}

// TestDaskCluster_survivesAnAnswerCutAtEveryByte ends the connection after each
// byte of the answer to the POST in turn, until the whole answer has come.
func TestDaskCluster_survivesAnAnswerCutAtEveryByte(t *testing.T) {
	t.Parallel()
	const longest = 1000
	for cut := range longest {
		mock := providertest.StartMock(t, mockserver.Config{})
		w := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
		mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAtByte, ResponseBytes: cut})
		made, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{})
		clusters := mock.Clusters("alice")
		if len(clusters) != 1 || w.Text(t, providertest.ClusterType, made.State, "name") != clusters[0].Name || mock.CountSuccessful(http.MethodPost, "*/clusters/") != 1 {
			t.Fatalf("cut after %d bytes: %d clusters, and the state has %q", cut, len(clusters), w.Text(t, providertest.ClusterType, made.State, "name"))
		}
		mock.Close()
		if len(diagnostics) == 0 {
			if cut < 100 {
				t.Errorf("an answer of %d bytes is whole", cut)
			}
			return
		}
		providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt("", "was taken over"))
	}
	t.Errorf("an answer of %d bytes is not whole", longest)
}

// TestDaskCluster_reportsFailedLookup loses the answer and everything after
// it.
func TestDaskCluster_reportsFailedLookup(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	w := providertest.NewClient(t, providertest.Block(mock))
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAfterHandling})
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/", Times: 1000, Status: http.StatusBadGateway})
	_, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "A cluster may run and cost money"))
}

// TestDaskCluster_namesTheCandidates makes another cluster with the same
// options in the moment in which the answer is lost.
func TestDaskCluster_namesTheCandidates(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	w := providertest.NewClient(t, providertest.Block(mock))
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAfterHandling, BeforeRequest: func() { mock.AddCluster("alice", nil) }})
	_, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "terraform import ADDRESS_OF_THIS_RESOURCE"))
	for _, each := range mock.Clusters("alice") {
		if !strings.Contains(diagnostics[0].Detail, each.Name) {
			t.Errorf("%s is not named:\n%s", each.Name, diagnostics[0].Detail)
		}
	}
}

func TestDaskCluster_staysInTheStateWhenNothingIsProven(t *testing.T) {
	t.Parallel()
	text := func(status int, contentType, body string) mockserver.Fault {
		return mockserver.Fault{Times: 1000, Status: status, ContentType: contentType, Body: body}
	}
	for name, fault := range map[string]mockserver.Fault{
		"500":                  text(500, "text/plain", "500 Internal Server Error"),
		"gateway down":         {Times: 1000, Status: 503, ContentType: "text/html", Body: "<h1>503</h1>"},
		"unauthorized":         text(401, "application/json; charset=utf-8", `{"error": "Authentication required"}`),
		"bad token":            text(500, "application/json; charset=utf-8", `{"error": "Permission failure verifying user's JupyterHub API token"}`),
		"forbidden":            text(403, "application/json; charset=utf-8", `{"error": "User bob lacks permissions to view cluster x"}`),
		"proxy without routes": text(404, "text/plain; charset=utf-8", "Not Found\n"),
		"another API":          text(404, "application/json; charset=utf-8", `{"error": "nothing here"}`),
		"a page":               text(200, "text/html", "<title>Sign in</title>"),
		"login":                {Times: 1000, Status: 302, Header: http.Header{"Location": {"/hub/login"}}},
		"no answer":            {Times: 1000, Drop: mockserver.DropBeforeHandling},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			w := providertest.NewClient(t, providertest.Block(mock))
			made, _ := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{})
			mock.FailNext(fault)
			read, diagnostics := w.Read(t, providertest.ClusterType, made)
			if !providertest.HasError(diagnostics) {
				t.Error("no error")
			}
			if got, want := w.Text(t, providertest.ClusterType, read.State, "name"), w.Text(t, providertest.ClusterType, made.State, "name"); got != want {
				t.Errorf("the state has %q, want %q", got, want)
			}
		})
	}
}

func TestDaskCluster_destroyIsSure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  *mockserver.Fault
		forget bool
		// deletes is how many DELETE requests are made at least.
		deletes int
		want    providertest.ExpectedDiagnostic
	}{
		"simple":                   {deletes: 1},
		"gone already":             {forget: true, deletes: 1},
		"passing faults":           {fault: &mockserver.Fault{Times: 7, Status: 502}, deletes: 3},
		"DELETE that does nothing": {fault: &mockserver.Fault{Method: http.MethodDelete, Status: 204}, deletes: 2},
		"no end in sight": {
			fault: &mockserver.Fault{Times: 100000, Status: 500, ContentType: "text/plain", Body: "no"}, deletes: 10,
			want: providertest.ErrorAt("", "stays in the state: run terraform destroy again"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			w := providertest.NewClient(t, providertest.Block(mock))
			made, _ := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{})
			if test.forget {
				mock.DeleteClusterRecord(w.Text(t, providertest.ClusterType, made.State, "name"))
			}
			if test.fault != nil {
				mock.FailNext(*test.fault)
			}
			after, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, made, nil)
			providertest.AssertDiagnostics(t, diagnostics, test.want)
			if got := mock.CountRequests(http.MethodDelete, "*"); got < test.deletes || name == "simple" && got != 1 {
				t.Errorf("%d DELETE requests, want %d", got, test.deletes)
			}
			if kept := w.Attributes(t, w.ResourceType(providertest.ClusterType), after.State) != nil; kept != providertest.HasError(diagnostics) {
				t.Errorf("still in the state: %v", kept)
			}
			if !providertest.HasError(diagnostics) {
				providertest.AssertNothingRuns(t, mock)
			}
		})
	}
}

// TestDaskCluster_interruptedIsInTheState ends the context, as Terraform does
// on Ctrl-C, while the cluster is PENDING.
func TestDaskCluster_interruptedIsInTheState(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	mock.SetStartsHeld(true)
	w := providertest.NewClient(t, providertest.Block(mock))
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		defer interrupt()
		if err := mock.AwaitRequest(t.Context(), http.MethodPost, "*/clusters/"); err != nil {
			t.Error(err)
		}
	}()
	made, diagnostics := w.Apply(ctx, t, providertest.ClusterType, w.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "The wait for the cluster was interrupted"))
	if got, want := w.Text(t, providertest.ClusterType, made.State, "name"), mock.Clusters("alice")[0].Name; got != want {
		t.Errorf("the state has %q, want %q", got, want)
	}
	_, diagnostics = w.Apply(t.Context(), t, providertest.ClusterType, made, nil)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
	providertest.AssertNothingRuns(t, mock)
}

// TestDaskCluster_namesTheClusterThatAppearsAfterAnAdoption resets the connection while
// somebody else creates a cluster with the same options. The gateway creates the
// requested one only after the other one was adopted.
func TestDaskCluster_namesTheClusterThatAppearsAfterAnAdoption(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	w := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	var theirs, late string
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropBeforeHandling, BeforeRequest: func() {
		theirs = mock.AddCluster("alice", nil)
		mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/" + theirs, BeforeRequest: func() { late = mock.AddCluster("alice", nil) }})
	}})
	made, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{})
	if name := w.Text(t, providertest.ClusterType, made.State, "name"); name != theirs {
		t.Fatalf("the state has %q, want %q: %v", name, theirs, diagnostics)
	}
	if len(diagnostics) != 2 || providertest.HasError(diagnostics) || !strings.Contains(diagnostics[1].Detail, late) {
		t.Errorf("no warning names %s: %v", late, diagnostics)
	}
}
