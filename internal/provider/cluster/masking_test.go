// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// keyFile is a secret with both quotes, newlines, a backslash and a letter that is
// not ASCII.
const keyFile = "{\n  \"type\": \"service_account\",\n  \"key\": \"it's \\\\ corréct horse\"\n}"

// asPythonRepr is repr(keyFile) and ascii(keyFile), from Python 3.13.
const (
	asPythonRepr  = `'{\n  "type": "service_account",\n  "key": "it\'s \\\\ corréct horse"\n}'`
	asPythonASCII = `'{\n  "type": "service_account",\n  "key": "it\'s \\\\ corr\xe9ct horse"\n}'`
)

// TestRead_doesNotQuoteAnUnreadableCluster refreshes in a new process, which has no
// record of the secret, while a response is not valid JSON.
func TestRead_doesNotQuoteAnUnreadableCluster(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := map[string]any{"options_wo": map[string]any{"environment": map[string]any{"KEY": sasSecret}}}
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), config)
	providertest.AssertNoDiagnostics(t, diagnostics)
	mock.FailNext(mockserver.Fault{
		Method: http.MethodGet, Path: "*/clusters/*", Times: 1000, Status: http.StatusOK, ContentType: "application/json", Body: `{"options": {"environment": {"KEY": "` + sasSecret + `"}}, `,
	})
	_, diagnostics = providertest.NewClientWith(t, mock.Clock, providertest.Block(mock)).Read(t, providertest.ClusterType, created)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "expected the cluster as JSON"))
	if strings.Contains(diagnostics[0].Detail, sasSecret) {
		t.Errorf("the value is in the message: %s", diagnostics[0].Detail)
	}
}

// TestDaskCluster_hidesCopiesOfSecrets creates a cluster on a gateway that copies a
// secret into another option.
func TestDaskCluster_hidesCopiesOfSecrets(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	copied := map[string]any{"environment": map[string]string{"KEY": sasSecret}, "image": "registry/" + sasSecret + ":1"}
	name := mock.AddCluster("alice", copied)
	mock.FailNext(mockserver.Fault{
		Method: http.MethodPost, Path: "*/clusters/", Status: http.StatusCreated, ContentType: "application/json; charset=utf-8", Body: `{"name": "` + name + `"}`,
	})
	config := map[string]any{"options_wo": map[string]any{"environment": map[string]any{"KEY": sasSecret}}, "options_wo_version": 1}
	created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), config)
	providertest.AssertNoDiagnostics(t, diagnostics)
	read, diagnostics := client.Read(t, providertest.ClusterType, created)
	providertest.AssertNoDiagnostics(t, diagnostics)
	for _, instance := range []providertest.Instance{created, read} {
		value, err := instance.State.Unmarshal(client.ResourceType(providertest.ClusterType))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(value.String(), sasSecret) {
			t.Errorf("the state is %s", value)
		}
	}
	client.AssertUnchanged(t, providertest.ClusterType, read, config)
}

// TestDaskCluster_masksSecretsInEveryResponse quotes a secret in the response to
// each later request about the cluster.
func TestDaskCluster_masksSecretsInEveryResponse(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := json.Marshal(asPythonRepr)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"verbatim": keyFile, "JSON": string(quoted), "repr": asPythonRepr, "ascii": asPythonASCII,
		"repr in JSON": string(twice), "percent-encoded": url.QueryEscape(keyFile), "a number": "the port 471147114711 is taken",
	} {
		for _, path := range []string{"*/scale", "*/clusters/*"} {
			t.Run(name+" at "+path, func(t *testing.T) {
				t.Parallel()
				mock := providertest.StartMock(t, mockserver.Config{})
				client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
				config := map[string]any{"workers": 1, "options_wo": map[string]any{"environment": map[string]any{"KEY": keyFile, "PORT": 471147114711}}}
				created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), config)
				providertest.AssertNoDiagnostics(t, diagnostics)

				mock.FailNext(mockserver.Fault{Path: path, Times: 1000, Status: http.StatusForbidden, ContentType: "text/plain", Body: "refused: " + text})
				config["workers"] = 2
				_, resized := client.Apply(t.Context(), t, providertest.ClusterType, created, config)
				_, read := client.Read(t, providertest.ClusterType, created)
				if len(resized) == 0 {
					t.Error("no request met the fault")
				}
				for _, d := range append(resized, read...) {
					for _, part := range []string{"horse", "service_account", "471147114711"} {
						if strings.Contains(d.Summary+d.Detail, part) {
							t.Errorf("%q is in the message: %s", part, d.Detail)
						}
					}
				}
			})
		}
	}
}
