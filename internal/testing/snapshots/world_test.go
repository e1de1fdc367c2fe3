// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package snapshots_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	pc "github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/snapshots"
)

type object = map[string]any

// unknown is a value that is known only after apply.
var unknown = providertest.Unknown{}

// hidden is part of every value that no diagnostic may print.
const hidden = "s3cr3t"

// scenario provokes one diagnostic or more.
type scenario struct {
	name string
	// mock configures the servers.
	mock mockserver.Config
	// block changes the provider block, which has the mock's address and a token.
	block object
	// environment has variables of the provider's process.
	environment map[string]string
	run         func(w *world)
}

// world is a mock with a provider, and the diagnostics so far.
type world struct {
	t        *testing.T
	mock     *providertest.Mock
	block    object
	client   *providertest.Client
	folder   string
	replacer *strings.Replacer
	shown    []string
}

// play runs a scenario and returns its diagnostics.
func (s scenario) play(t *testing.T) string {
	t.Helper()
	for name, value := range s.environment {
		t.Setenv(name, value)
	}
	mock := providertest.StartMock(t, s.mock)
	block := providertest.Block(mock)
	maps.Copy(block, s.block)
	for name, value := range block {
		if value == nil {
			delete(block, name)
		}
	}
	w := &world{t: t, mock: mock, block: block, folder: t.TempDir()}
	w.replacer = strings.NewReplacer(mock.URL(), "https://hub.example.com", strings.TrimPrefix(mock.URL(), "http://"), "hub.example.com", w.folder, "/home/alice")
	s.run(w)
	if len(w.shown) == 0 {
		t.Errorf("%s: no diagnostics", s.name)
	}
	return fmt.Sprintf("# %s\n\n%s", s.name, strings.Join(w.shown, ""))
}

// configured returns a provider with the block. It shows the diagnostics of the block.
func (w *world) configured() providertest.Client {
	w.t.Helper()
	if w.client != nil {
		return *w.client
	}
	client := providertest.StartClient(w.t, w.mock.Clock, pc.WithRetryWait(time.Millisecond, 2*time.Millisecond))
	w.client = &client
	resp, err := client.Server.ConfigureProvider(w.t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: client.Value(w.t, client.Schema.Provider.ValueType(), w.block),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.show(w.providerBlock(), resp.Diagnostics)
	return client
}

// validateProvider validates the block with changes.
func (w *world) validateProvider(changes object) {
	w.t.Helper()
	client := providertest.StartClient(w.t, w.mock.Clock)
	maps.Copy(w.block, changes)
	w.show(w.providerBlock(), client.ValidateProvider(w.t, w.block))
}

// reconfigure starts another provider with changes to the block.
func (w *world) reconfigure(changes object) {
	w.t.Helper()
	maps.Copy(w.block, changes)
	w.client = nil
	w.configured()
}

func (w *world) providerBlock() snapshots.Block {
	body := maps.Clone(w.block)
	for _, name := range []string{"api_token", "password", "subscription_key", "client_secret"} {
		if _, isText := body[name].(string); isText {
			body[name] = snapshots.Source("var." + name)
		}
	}
	return snapshots.Block{Kind: "provider", Body: body}
}

// show adds the diagnostics, sorted by attribute and summary.
func (w *world) show(block snapshots.Block, found []*tfprotov6.Diagnostic) {
	w.t.Helper()
	sorted := slices.Clone(found)
	slices.SortStableFunc(sorted, func(a, b *tfprotov6.Diagnostic) int {
		return strings.Compare(a.Attribute.String()+a.Summary, b.Attribute.String()+b.Summary)
	})
	for _, d := range sorted {
		if strings.Contains(d.Summary+d.Detail, hidden) {
			w.t.Errorf("a diagnostic prints a hidden value: %s: %s", d.Summary, d.Detail)
		}
		stable := *d
		stable.Summary, stable.Detail = w.stable(d.Summary), w.stable(d.Detail)
		for word := range strings.FieldsSeq(d.Summary + " " + d.Detail) {
			if len(word) > 400 {
				w.t.Errorf("a diagnostic has a word of %d bytes", len(word))
			}
		}
		w.shown = append(w.shown, w.stable(snapshots.Render(block, &stable)))
	}
}

var (
	clusterName  = regexp.MustCompile(`\b[0-9a-f]{32}\b`)
	timestamp    = regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	clockTime    = regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`)
	localAddress = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	lookupError  = regexp.MustCompile(`lookup (\S+?)( on \S+)?: [a-z ]+`)
	sourcePort   = regexp.MustCompile(`127\.0\.0\.1:\d+->`)
	waited       = regexp.MustCompile(`after \d[0-9.hmsµ]*\b`)
	within       = regexp.MustCompile(`within \d[0-9.hmsµ]*\b`)
	generated    = regexp.MustCompile(`One run of Terraform, [0-9A-Z]+`)
	attempts     = regexp.MustCompile(`\(\d+ attempts\)`)
)

// stable replaces the parts of a text that differ from run to run.
func (w *world) stable(text string) string {
	text = w.replacer.Replace(text)
	text = clusterName.ReplaceAllString(text, "0123456789abcdef0123456789abcdef")
	text = timestamp.ReplaceAllString(text, "2026-01-02T03:04:05Z")
	text = clockTime.ReplaceAllString(text, "03:04:05")
	text = sourcePort.ReplaceAllString(text, "")
	text = localAddress.ReplaceAllString(text, "127.0.0.1:8000")
	text = lookupError.ReplaceAllString(text, "lookup $1: no such host")
	text = attempts.ReplaceAllString(text, "(5 attempts)")
	text = within.ReplaceAllString(text, "within 1m0s")
	text = generated.ReplaceAllString(text, "One run of Terraform, ABCDEFGH")
	return waited.ReplaceAllString(text, "after 1m0s")
}

func (w *world) resource(typeName string, body object) snapshots.Block {
	return snapshots.Block{Kind: "resource", Type: typeName, Body: body}
}

func (w *world) none(typeName string) providertest.Instance {
	return providertest.Instance{State: w.configured().Value(w.t, w.configured().ResourceType(typeName), nil)}
}

func (w *world) validate(typeName string, body object) {
	w.show(w.resource(typeName, body), w.configured().Validate(w.t, typeName, body))
}

func (w *world) plan(typeName string, before providertest.Instance, body object) {
	w.show(w.resource(typeName, body), w.configured().Plan(w.t, typeName, before, body).Diagnostics)
}

// apply plans and applies.
func (w *world) apply(typeName string, before providertest.Instance, body object) providertest.Instance {
	after, found := w.configured().Apply(w.t.Context(), w.t, typeName, before, body)
	w.show(w.resource(typeName, body), found)
	return after
}

func (w *world) create(typeName string, body object) providertest.Instance {
	return w.apply(typeName, w.none(typeName), body)
}

// created creates an instance without showing diagnostics.
func (w *world) created(typeName string, body object) providertest.Instance {
	before := len(w.shown)
	after := w.create(typeName, body)
	w.shown = w.shown[:before]
	return after
}

func (w *world) read(typeName string, before providertest.Instance, body object) providertest.Instance {
	after, found := w.configured().Read(w.t, typeName, before)
	w.show(w.resource(typeName, body), found)
	return after
}

func (w *world) destroy(typeName string, before providertest.Instance, body object) {
	_, found := w.configured().Apply(w.t.Context(), w.t, typeName, before, nil)
	w.show(w.resource(typeName, body), found)
}

func (w *world) importID(typeName, id string) {
	resp, err := w.configured().Server.ImportResourceState(w.t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: typeName, ID: id})
	if err != nil {
		w.t.Fatal(err)
	}
	w.show(w.resource(typeName, object{}), resp.Diagnostics)
}

// data validates and reads a data source.
func (w *world) data(typeName string, body object) {
	block := snapshots.Block{Kind: "data", Type: typeName, Body: body}
	found := w.configured().ValidateData(w.t, typeName, body)
	if !providertest.HasError(found) {
		_, found = w.configured().ReadData(w.t, typeName, body)
	}
	w.show(block, found)
}

// dataWithin reads a data source with a context that may end.
func (w *world) dataWithin(ctx context.Context, typeName string, body object) {
	client := w.configured()
	resp, err := client.Server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{
		TypeName: typeName, Config: client.Value(w.t, client.Schema.DataSourceSchemas[typeName].ValueType(), body),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.show(snapshots.Block{Kind: "data", Type: typeName, Body: body}, resp.Diagnostics)
}

// open validates and opens an ephemeral resource.
func (w *world) open(typeName string, body object) providertest.OpenedEphemeral {
	block := snapshots.Block{Kind: "ephemeral", Type: typeName, Body: body}
	if found := w.configured().ValidateEphemeral(w.t, typeName, body); providertest.HasError(found) {
		w.show(block, found)
		return providertest.OpenedEphemeral{}
	}
	opened, found := w.configured().Open(w.t.Context(), w.t, typeName, body)
	w.show(block, found)
	return opened
}

func (w *world) close(typeName string, opened providertest.OpenedEphemeral, body object) {
	w.show(snapshots.Block{Kind: "ephemeral", Type: typeName, Body: body}, w.configured().Close(w.t, opened))
}

// list validates and reads a list resource.
func (w *world) list(typeName string, query providertest.ListQuery) {
	block := snapshots.Block{Kind: "list", Type: typeName, Body: query.Config}
	found := w.configured().ValidateList(w.t, typeName, query.Config)
	if !providertest.HasError(found) {
		for _, item := range w.configured().List(w.t.Context(), w.t, typeName, query) {
			found = append(found, item.Diagnostics...)
		}
	}
	w.show(block, found)
}

// invoke plans and invokes an action.
func (w *world) invoke(typeName string, body object) {
	block := snapshots.Block{Kind: "action", Type: typeName, Body: body}
	found := w.configured().PlanAction(w.t, typeName, body)
	if !providertest.HasError(found) {
		_, found = w.configured().InvokeAction(w.t.Context(), w.t, typeName, body, nil)
	}
	w.show(block, found)
}

// call calls a function of the provider.
func (w *world) call(name string, arguments ...any) {
	values := make([]*tfprotov6.DynamicValue, 0, len(arguments))
	for i, argument := range arguments {
		value := providertest.ToTerraform(argument)
		typ := tftypes.Type(tftypes.DynamicPseudoType)
		if i < len(arguments)-1 {
			typ = tftypes.String
		}
		values = append(values, providertest.DynamicValue(w.t, typ, value))
	}
	resp, err := w.configured().Server.CallFunction(w.t.Context(), &tfprotov6.CallFunctionRequest{Name: name, Arguments: values})
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.Error == nil {
		w.t.Fatalf("%s returned no error", name)
	}
	if strings.Contains(resp.Error.Text, hidden) {
		w.t.Errorf("an error prints a hidden value: %s", resp.Error.Text)
	}
	w.shown = append(w.shown, w.stable(snapshots.RenderFunction(name, resp.Error.Text)))
}

// respondAlways sets the response to all further requests to a path.
func (w *world) respondAlways(method, path string, status int, body string) {
	fault := providertest.RespondAlways(path, status, body)
	fault.Method, fault.Times = method, 1<<20
	w.mock.FailNext(fault)
}

// onceCreated calls a function when a cluster has been created, before the response.
func (w *world) onceCreated(do func()) {
	w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", BeforeResponse: do})
}

// closedPort returns an address at which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return "http://" + listener.Addr().String()
}

// TestMain keeps the settings of the user's own environment out of the snapshots.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		for _, prefix := range []string{"PC_", "DASK_", "JUPYTERHUB_", "ARM_", "AZURE_", "HTTP", "http", "NO_PROXY", "no_proxy", "CONDA_", "VIRTUAL_ENV", "PYENV_"} {
			if strings.HasPrefix(name, prefix) {
				_ = os.Unsetenv(name)
			}
		}
	}
	for name, value := range map[string]string{"HOME": "/nonexistent/alice", "PATH": "/nonexistent/bin", "DASK_ROOT_CONFIG": "/nonexistent/dask"} {
		_ = os.Setenv(name, value)
	}
	os.Exit(m.Run())
}
