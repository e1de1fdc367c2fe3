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

// requestLines returns the requests, as "METHOD path?query" below the gateway's
// address, with NAME for the cluster's name.
func requestLines(mock *providertest.Mock, name string) []string {
	var lines []string
	for _, request := range mock.Requests() {
		call := request.Method + " " + strings.TrimPrefix(request.Path, "/services/dask-gateway")
		if request.Query != "" {
			call += "?" + request.Query
		}
		lines = append(lines, strings.ReplaceAll(call, name, "NAME"))
	}
	return lines
}

func assertRequests(t *testing.T, mock *providertest.Mock, name string, want ...string) {
	t.Helper()
	if got := requestLines(mock, name); !slices.Equal(got, want) {
		t.Errorf("requested:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestDaskCluster_costsFewRequests(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	config := map[string]any{"adapt": map[string]any{"minimum": 1, "maximum": 100}}
	created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), config)
	providertest.AssertNoDiagnostics(t, diagnostics)
	name := client.Text(t, providertest.ClusterType, created.State, "name")
	listing := "GET /api/v1/clusters/?status=pending%2Crunning%2Cstopping%2Cstopped%2Cfailed"
	assertRequests(t, mock, name, "GET /api/v1/options", listing, "POST /api/v1/clusters/", "GET /api/v1/clusters/NAME?wait", "POST /api/v1/clusters/NAME/adapt")

	mock.ClearRequests()
	_, diagnostics = client.Read(t, providertest.ClusterType, created)
	providertest.AssertNoDiagnostics(t, diagnostics)
	client.Plan(t, providertest.ClusterType, created, config)
	assertRequests(t, mock, name, "GET /api/v1/clusters/NAME")
}

// TestDaskCluster_isInTheStateWhateverFailsAfterwards fails each request after the
// POST in turn, and checks that the state has the cluster.
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
		"scheduler unreachable": {
			mockserver.Fault{Method: http.MethodPost, Path: "*/adapt", Status: 409, ContentType: "application/json; charset=utf-8", Body: `{"error": "cluster x is not running"}`},
			providertest.ErrorAt("", "Its status is now RUNNING."),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClient(t, providertest.Block(mock))
			mock.FailNext(test.fault)
			created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{
				"adapt": map[string]any{"minimum": 1, "maximum": 1}, "wait_for_workers": 1,
			})
			providertest.AssertDiagnostics(t, diagnostics, test.want)
			clusters := mock.Clusters("alice")
			if len(clusters) != 1 {
				t.Fatalf("%d clusters, want 1", len(clusters))
			}
			if got := client.Text(t, providertest.ClusterType, created.State, "name"); got != clusters[0].Name {
				t.Errorf("the state has %q, the gateway %q", got, clusters[0].Name)
			}
		})
	}
}

// TestDaskCluster_survivesALostResponse loses the response to the POST.
func TestDaskCluster_survivesALostResponse(t *testing.T) {
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
		"cut off half way":        {post(mockserver.Fault{Drop: mockserver.DropMidResponse}), 1, providertest.WarningAt("", "was taken over")},
		"502 after it arrived":    {proxy(502), 1, providertest.WarningAt("", "was taken over")},
		"504 after it arrived":    {proxy(504), 1, providertest.WarningAt("", "was taken over")},
		"reset before it arrived": {post(mockserver.Fault{Drop: mockserver.DropBeforeHandling}), 0, providertest.ErrorAt("", "Most likely nothing was made")},
		"503 of the proxy":        {post(mockserver.GatewayUnavailable()), 0, providertest.ErrorAt("", "Most likely nothing was made")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			mock.AddCluster("alice", map[string]any{"gpu": true})
			client := providertest.NewClient(t, providertest.Block(mock))
			mock.FailNext(test.fault)
			created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{"options": map[string]any{"worker_cores": 2}})
			providertest.AssertDiagnostics(t, diagnostics, test.want)
			if got := mock.CountRequests(http.MethodPost, "*/clusters/"); got != 1 {
				t.Errorf("%d POST requests, want 1", got)
			}
			clusters := mock.Clusters("alice")[1:]
			if len(clusters) != test.clusters {
				t.Fatalf("%d clusters were created, want %d", len(clusters), test.clusters)
			}
			if test.clusters == 1 && client.Text(t, providertest.ClusterType, created.State, "name") != clusters[0].Name {
				t.Error("the state does not have the created cluster")
			}
		})
	}
}

// TestDaskCluster_survivesAResponseCutAtEveryByte ends the connection after each
// byte of the response to the POST in turn, until the response is complete.
func TestDaskCluster_survivesAResponseCutAtEveryByte(t *testing.T) {
	t.Parallel()
	const maxResponseBytes = 1000
	for cut := range maxResponseBytes {
		mock := providertest.StartMock(t, mockserver.Config{})
		client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
		mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAtByte, ResponseBytes: cut})
		created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
		clusters := mock.Clusters("alice")
		if len(clusters) != 1 || client.Text(t, providertest.ClusterType, created.State, "name") != clusters[0].Name || mock.CountSuccessful(http.MethodPost, "*/clusters/") != 1 {
			t.Fatalf("cut after %d bytes: %d clusters, and the state has %q", cut, len(clusters), client.Text(t, providertest.ClusterType, created.State, "name"))
		}
		mock.Close()
		if len(diagnostics) == 0 {
			if cut < 100 {
				t.Errorf("the response is complete after %d bytes, want at least 100", cut)
			}
			return
		}
		providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt("", "was taken over"))
	}
	t.Errorf("the response is incomplete after %d bytes", maxResponseBytes)
}

// TestDaskCluster_reportsFailedLookup loses the response, and fails every listing
// after it.
func TestDaskCluster_reportsFailedLookup(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAfterHandling})
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/", Times: 1000, Status: http.StatusBadGateway})
	_, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "A cluster may run and cost money"))
}

// TestDaskCluster_namesTheCandidates creates another cluster with the same
// options before the gateway handles the request whose response is lost.
func TestDaskCluster_namesTheCandidates(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAfterHandling, BeforeRequest: func() { mock.AddCluster("alice", nil) }})
	_, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "terraform import ADDRESS_OF_THIS_RESOURCE"))
	for _, cluster := range mock.Clusters("alice") {
		if !strings.Contains(diagnostics[0].Detail, cluster.Name) {
			t.Errorf("%s is not named:\n%s", cluster.Name, diagnostics[0].Detail)
		}
	}
}

func TestDaskCluster_staysInTheStateWhenNothingIsProven(t *testing.T) {
	t.Parallel()
	respond := func(status int, contentType, body string) mockserver.Fault {
		return mockserver.Fault{Times: 1000, Status: status, ContentType: contentType, Body: body}
	}
	for name, fault := range map[string]mockserver.Fault{
		"500":                  respond(500, "text/plain", "500 Internal Server Error"),
		"gateway down":         {Times: 1000, Status: 503, ContentType: "text/html", Body: "<h1>503</h1>"},
		"unauthorized":         respond(401, "application/json; charset=utf-8", `{"error": "Authentication required"}`),
		"bad token":            respond(500, "application/json; charset=utf-8", `{"error": "Permission failure verifying user's JupyterHub API token"}`),
		"forbidden":            respond(403, "application/json; charset=utf-8", `{"error": "User bob lacks permissions to view cluster x"}`),
		"proxy without routes": respond(404, "text/plain; charset=utf-8", "Not Found\n"),
		"another API":          respond(404, "application/json; charset=utf-8", `{"error": "nothing here"}`),
		"sign-in page":         respond(200, "text/html", "<title>Sign in</title>"),
		"login":                {Times: 1000, Status: 302, Header: http.Header{"Location": {"/hub/login"}}},
		"no response":          {Times: 1000, Drop: mockserver.DropBeforeHandling},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClient(t, providertest.Block(mock))
			created, _ := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
			mock.FailNext(fault)
			read, diagnostics := client.Read(t, providertest.ClusterType, created)
			if !providertest.HasError(diagnostics) {
				t.Error("no error")
			}
			if got, want := client.Text(t, providertest.ClusterType, read.State, "name"), client.Text(t, providertest.ClusterType, created.State, "name"); got != want {
				t.Errorf("the state has %q, want %q", got, want)
			}
		})
	}
}

func TestDaskCluster_destroyConfirmsTheEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault         *mockserver.Fault
		recordDeleted bool
		// minDeletes is the least number of DELETE requests.
		minDeletes int
		want       providertest.ExpectedDiagnostic
	}{
		"simple":                   {minDeletes: 1},
		"ended before":             {recordDeleted: true, minDeletes: 1},
		"transient faults":         {fault: &mockserver.Fault{Times: 7, Status: 502}, minDeletes: 3},
		"DELETE that does nothing": {fault: &mockserver.Fault{Method: http.MethodDelete, Status: 204}, minDeletes: 2},
		"permanent fault": {
			fault: &mockserver.Fault{Times: 100000, Status: 500, ContentType: "text/plain", Body: "no"}, minDeletes: 10,
			want: providertest.ErrorAt("", "stays in the state: run terraform destroy again"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClient(t, providertest.Block(mock))
			created, _ := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
			if test.recordDeleted {
				mock.DeleteClusterRecord(client.Text(t, providertest.ClusterType, created.State, "name"))
			}
			if test.fault != nil {
				mock.FailNext(*test.fault)
			}
			after, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, created, nil)
			providertest.AssertDiagnostics(t, diagnostics, test.want)
			if got := mock.CountRequests(http.MethodDelete, "*"); got < test.minDeletes || name == "simple" && got != 1 {
				t.Errorf("%d DELETE requests, want %d", got, test.minDeletes)
			}
			if isInState := client.Attributes(t, client.ResourceType(providertest.ClusterType), after.State) != nil; isInState != providertest.HasError(diagnostics) {
				t.Errorf("the cluster is in the state: %t, want %t", isInState, providertest.HasError(diagnostics))
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
	client := providertest.NewClient(t, providertest.Block(mock))
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		defer interrupt()
		if err := mock.AwaitRequest(t.Context(), http.MethodPost, "*/clusters/"); err != nil {
			t.Error(err)
		}
	}()
	created, diagnostics := client.Apply(ctx, t, providertest.ClusterType, client.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "The wait for the cluster was interrupted"))
	if got, want := client.Text(t, providertest.ClusterType, created.State, "name"), mock.Clusters("alice")[0].Name; got != want {
		t.Errorf("the state has %q, want %q", got, want)
	}
	_, diagnostics = client.Apply(t.Context(), t, providertest.ClusterType, created, nil)
	providertest.AssertNoDiagnostics(t, diagnostics)
	providertest.AssertNothingRuns(t, mock)
}

// TestDaskCluster_namesTheClusterThatAppearsAfterAnAdoption resets the connection while
// another client creates a cluster with the same options. The gateway creates the
// requested cluster only after the other cluster was adopted.
func TestDaskCluster_namesTheClusterThatAppearsAfterAnAdoption(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	var foreign, requested string
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropBeforeHandling, BeforeRequest: func() {
		foreign = mock.AddCluster("alice", nil)
		mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/" + foreign, BeforeRequest: func() { requested = mock.AddCluster("alice", nil) }})
	}})
	created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
	if name := client.Text(t, providertest.ClusterType, created.State, "name"); name != foreign {
		t.Fatalf("the state has %q, want %q: %v", name, foreign, diagnostics)
	}
	if len(diagnostics) != 2 || providertest.HasError(diagnostics) || !strings.Contains(diagnostics[1].Detail, requested) {
		t.Errorf("no warning names %s: %v", requested, diagnostics)
	}
}
