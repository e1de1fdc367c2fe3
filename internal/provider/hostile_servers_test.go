// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// hostileText is a JSON string that would clear a terminal, set its title, forge a line
// and change the direction of text.
const hostileText = `\u001b[2J\u001b]0;title\u0007\r\nApply complete! Resources: 1 added\u202e\u2066\u0085\u2028`

// The catalog, the SAS service and a scheduler return only hostile strings.
func TestDiagnostics_areSafeWhenCatalogAndSchedulerAreHostile(t *testing.T) {
	t.Parallel()
	const asset = `{"href": "https://` + hostileText + `.blob.core.windows.net/` + hostileText + `/x", "type": "` + hostileText + `"}`
	for name, response := range map[string]struct {
		status      int
		contentType string
		body        string
	}{
		"collection": {http.StatusOK, "application/json", `{"type": "Collection", "id": "` + hostileText + `", "title": "` + hostileText + `", "description": "` + hostileText + `", "license": "` + hostileText + `", "stac_version": "` + hostileText + `",
			"extent": {"spatial": {"bbox": ["` + hostileText + `"]}, "temporal": {"interval": [["` + hostileText + `", null]]}},
			"assets": {"` + hostileText + `": ` + asset + `}, "item_assets": {"` + hostileText + `": ` + asset + `}, "msft:storage_account": "` + hostileText + `", "msft:container": "` + hostileText + `", "msft:region": "` + hostileText + `"}`},
		"SAS token":        {http.StatusOK, "application/json", `{"token": "` + hostileText + `", "msft:expiry": "` + hostileText + `"}`},
		"scheduler":        {http.StatusOK, "application/json", `{"type": "` + hostileText + `", "id": "` + hostileText + `", "workers": "` + hostileText + `", "started": "` + hostileText + `"}`},
		"scheduler's type": {http.StatusOK, "application/json", `{"type": "` + hostileText + `", "workers": 1, "bytes": 0, "cores": 1, "processing": 0}`},
		"error":            {http.StatusNotFound, "application/json", `{"code": "` + hostileText + `", "detail": "` + hostileText + `", "description": "` + hostileText + `", "message": "` + hostileText + `", "error": {"code": "` + hostileText + `", "message": "` + hostileText + `"}}`},
		"server error":     {http.StatusInternalServerError, "application/json", `{"detail": [{"msg": "` + hostileText + `"}]}`},
		"text":             {http.StatusOK, "text/plain", "\x1b[2J\r\nApply complete!\u202e"},
		"content type":     {http.StatusOK, "text/x; a=\u202e\u2066", "x"},
		"page":             {http.StatusForbidden, "text/html", "<html><title>\x1b[2J\r\nApply complete!&#27;[2J\u202e</title></html>"},
		"redirect":         {http.StatusFound, "text/plain", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", response.contentType)
				w.Header().Set("Location", "http://\u202ehost\u2066/%1b[2J\u202e")
				w.WriteHeader(response.status)
				_, _ = io.WriteString(w, response.body)
			}))
			t.Cleanup(server.Close)
			client := providertest.NewClientWith(t, clock.NewFake(clock.Real().Now()), map[string]any{
				"address": server.URL, "hub_address": server.URL, "stac_url": server.URL, "sas_url": server.URL, "api_token": "a-token", "max_retries": 0,
			}, provider.WithRetryWait(1, 1))
			for typeName, config := range map[string]map[string]any{
				"pc_collection": {"id": "x"}, "pc_dask_scheduler": {"dashboard_url": server.URL, "timeouts": map[string]any{"read": "1s"}}, "pc_gateway": {}, "pc_hub_user": {},
			} {
				_, diagnostics := client.ReadData(t, typeName, config)
				providertest.AssertPresentable(t, diagnostics)
			}
			_, diagnostics := client.Open(t.Context(), t, "pc_sas_token", map[string]any{"collection": "x"})
			providertest.AssertPresentable(t, diagnostics)
		})
	}
}

// A Hub reports many long and hostile messages while it starts a server that fails.
func TestDiagnostics_areSafeWhenTheProgressIsHostile(t *testing.T) {
	t.Parallel()
	long := hostileText + strings.Repeat("x", 1000)
	event := func(message, more string) string {
		return `data: {"progress": 1, "message": "` + message + `"` + more + "}\n\n"
	}
	messages := func() string {
		text := ""
		for i := range 100 {
			text += event(strconv.Itoa(i)+long, "")
		}
		return text
	}
	for name, stream := range map[string]string{
		"a failure":       messages() + event("Spawn failed: "+long, `, "failed": true`),
		"no failure":      messages(),
		"a hostile event": "event: \x1b[2J\nid: \u202e\ndata: \x1b[2J\u202e\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock), provider.WithRetryWait(1, 1))
			mock.FailNext(mockserver.Fault{Path: "*/progress", Times: 1 << 30, Status: http.StatusOK, ContentType: "text/event-stream", Body: stream})
			config := map[string]any{"name": "gpu", "user_options": map[string]any{"profile": "late"}, "timeouts": map[string]any{"create": "1m"}}
			_, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), config)
			if !providertest.HasError(diagnostics) {
				t.Error("the server started")
			}
			providertest.AssertPresentable(t, diagnostics)
		})
	}
}
