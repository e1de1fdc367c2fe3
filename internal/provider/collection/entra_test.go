// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package collection_test

import (
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

// newCertificate returns a certificate, and a PKCS#12 bundle with it in base64.
func newCertificate(t *testing.T, notAfter time.Time) (*x509.Certificate, string) {
	t.Helper()
	certificate, bundle := scripted.ClientCertificate(t, "p4ssword", notAfter)
	return certificate, base64.StdEncoding.EncodeToString(bundle)
}

func writeCredential(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credential")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGeoCatalog_isReadWithTheVariablesOfAzureRM has no credential in the provider block.
// Whoever has configured AzureRM by its variables needs nothing more.
func TestGeoCatalog_isReadWithTheVariablesOfAzureRM(t *testing.T) {
	t.Parallel()
	now := clock.Real().Now()
	registered, valid := newCertificate(t, now.Add(24*time.Hour))
	_, unregistered := newCertificate(t, now.Add(24*time.Hour))
	_, expired := newCertificate(t, now.Add(-time.Hour))
	const identity = "identity of the variables of AzureRM"
	server := startGeoCatalog(t, mockserver.GeoCatalogConfig{Certificate: registered, Identity: identity})
	client := []string{"ARM_TENANT_ID=tenant1", "ARM_CLIENT_ID=client1"}
	with := func(variables ...string) []string { return append(variables, client...) }
	certificate := func(bundle, password string) []string {
		return with("ARM_CLIENT_CERTIFICATE="+bundle, "ARM_CLIENT_CERTIFICATE_PASSWORD="+password)
	}
	aks := func(assertion string) []string {
		return []string{"ARM_USE_AKS_WORKLOAD_IDENTITY=true", "AZURE_TENANT_ID=tenant1", "AZURE_CLIENT_ID=client1", "AZURE_FEDERATED_TOKEN_FILE=" + writeCredential(t, assertion)}
	}
	pipelines := func(assertion, token, connection string) []string {
		return with("ARM_USE_OIDC=true", "SYSTEM_OIDCREQUESTURI="+server.PipelinesURL(assertion), "SYSTEM_ACCESSTOKEN="+token, connection)
	}
	const connection = "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID=" + mockserver.PipelinesConnection
	msi := func(clientID string) []string {
		return []string{"ARM_USE_MSI=true", "ARM_CLIENT_ID=" + clientID, "ARM_MSI_ENDPOINT=" + server.MachineURL() + "/metadata/identity/oauth2/token"}
	}
	for name, test := range map[string]struct {
		variables []string
		want      string
	}{
		"secret":                      {with("ARM_CLIENT_SECRET=" + clientSecret), ""},
		"secret in a file":            {with("ARM_CLIENT_SECRET_FILE_PATH=" + writeCredential(t, clientSecret)), ""},
		"wrong secret in a file":      {with("ARM_CLIENT_SECRET_FILE_PATH=" + writeCredential(t, "wrong-s3cret")), "AADSTS7000215"},
		"expired secret in a file":    {with("ARM_CLIENT_SECRET_FILE_PATH=" + writeCredential(t, "expired")), "AADSTS7000222"},
		"client ID in a file":         {[]string{"ARM_TENANT_ID=tenant1", "ARM_CLIENT_ID_FILE_PATH=" + writeCredential(t, "client1"), "ARM_CLIENT_SECRET=" + clientSecret}, ""},
		"certificate":                 {certificate(valid, "p4ssword"), ""},
		"wrong certificate":           {certificate(unregistered, "p4ssword"), "AADSTS700027"},
		"expired certificate":         {certificate(expired, "p4ssword"), "client_certificate: the certificate expired"},
		"wrong password":              {certificate(valid, "wrong-p4ssword"), "the password is not correct"},
		"AKS":                         {aks("good"), ""},
		"wrong token of AKS":          {aks("wrong-aks-t0ken"), "AADSTS700211"},
		"expired token of AKS":        {aks("expired"), "AADSTS700024"},
		"Azure Pipelines":             {pipelines("good", mockserver.PipelinesToken, connection), ""},
		"Azure Pipelines as in AzAPI": {pipelines("good", mockserver.PipelinesToken, "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID="+mockserver.PipelinesConnection), ""},
		"wrong assertion":             {pipelines("wrong-pipelines-t0ken", mockserver.PipelinesToken, connection), "AADSTS700211"},
		"expired assertion":           {pipelines("expired", mockserver.PipelinesToken, connection), "AADSTS700024"},
		"wrong access token":          {pipelines("good", "wrong-access-t0ken", connection), "returned status 401 for the request of an OIDC token"},
		"OIDC of another pipeline":    {with("ARM_USE_OIDC=true", "ARM_OIDC_TOKEN=good"), ""},
		"managed identity":            {msi(identity), ""},
		"wrong managed identity":      {msi("another identity of the variables"), "Identity not found"},
		"login of another tool":       {[]string{"ARM_USE_OIDC=true", "ARM_USE_CLI=false"}, "the others need tenant_id and client_id"},
		"own cloud":                   {with("ARM_ENVIRONMENT=public", "ARM_CLIENT_SECRET="+clientSecret), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := geoCatalogBlock(server)
			for _, argument := range []string{"tenant_id", "client_id", "client_secret"} {
				delete(block, argument)
			}
			w := newGeoCatalogClient(t, server, block, test.variables...)
			_, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": "fires"})
			switch {
			case test.want == "":
				providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
			case len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Detail, test.want):
				t.Errorf("got %v, want %q", diagnostics, test.want)
			}
			assertHidden(t, server, diagnostics)
			for _, diagnostic := range diagnostics {
				for _, hidden := range []string{"wrong-", "p4ssword", mockserver.PipelinesToken, valid, unregistered} {
					if strings.Contains(diagnostic.Summary+diagnostic.Detail, hidden) {
						t.Errorf("the diagnostics contain %q: %s", hidden, diagnostic.Detail)
					}
				}
			}
		})
	}
}

// TestGeoCatalog_keepsThePipelinesTokenFromOthers: only the endpoint of Azure Pipelines
// receives SYSTEM_ACCESSTOKEN, and only Entra the token that it issues.
func TestGeoCatalog_keepsThePipelinesTokenFromOthers(t *testing.T) {
	t.Parallel()
	const assertion = "good-pipelines-t0ken"
	server, pipelines := startGeoCatalog(t, mockserver.GeoCatalogConfig{}), startGeoCatalog(t, mockserver.GeoCatalogConfig{})
	block := geoCatalogBlock(server)
	delete(block, "client_secret")
	block["ca_certificate"] = server.CACertificate() + pipelines.CACertificate()
	w := newGeoCatalogClient(t, server, block, "ARM_USE_OIDC=true", "SYSTEM_OIDCREQUESTURI="+pipelines.PipelinesURL(assertion),
		"SYSTEM_ACCESSTOKEN="+mockserver.PipelinesToken, "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID="+mockserver.PipelinesConnection)
	_, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": "fires"})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
	if got := pipelines.CountRequests(http.MethodPost, "/pipelines/oidctoken"); got != 1 || len(pipelines.Requests()) != 1 {
		t.Errorf("Azure Pipelines received %d requests", len(pipelines.Requests()))
	}
	for _, request := range server.Requests() {
		text := request.Path + request.Query + string(request.Body)
		for _, values := range request.Header {
			text += strings.Join(values, " ")
		}
		if strings.Contains(text, mockserver.PipelinesToken) || strings.Contains(text, assertion) && !strings.HasSuffix(request.Path, "/oauth2/v2.0/token") {
			t.Errorf("%s received a token of Azure Pipelines", request.Path)
		}
	}
}

// TestGeoCatalog_explainsAnExpiredTokenOfAManagedIdentity: the metadata service of a
// machine caches tokens, and hands out one that has expired.
func TestGeoCatalog_explainsAnExpiredTokenOfAManagedIdentity(t *testing.T) {
	t.Parallel()
	const identity = "identity with an expired token"
	server := startGeoCatalog(t, mockserver.GeoCatalogConfig{Identity: identity, EntraLifetime: -time.Minute})
	block := geoCatalogBlock(server)
	delete(block, "client_secret")
	block["use_msi"], block["client_id"], block["msi_endpoint"] = true, identity, server.MachineURL()+"/metadata/identity/oauth2/token"
	w := newGeoCatalogClient(t, server, block)
	_, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": "fires"})
	for _, want := range []string{"The access token expired.", "did not accept the token of Microsoft Entra"} {
		providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("id")`, want))
	}
	assertHidden(t, server, diagnostics)
}

// TestGeoCatalog_isInTheCloudOfTheCredential sends nothing if the clouds differ: a
// credential of one cloud is unknown in the others.
func TestGeoCatalog_isInTheCloudOfTheCredential(t *testing.T) {
	t.Parallel()
	const public, government = "https://a.b.eastus.geocatalog.spatio.azure.com", "https://a.b.usgovvirginia.geocatalog.spatio.azure.us"
	server := startGeoCatalog(t, mockserver.GeoCatalogConfig{})
	for name, test := range map[string]struct{ address, variable, want string }{
		"government for public": {public, "ARM_ENVIRONMENT=usgovernment", `The GeoCatalog is in the cloud "public" of Azure, and the environment variable ARM_ENVIRONMENT selects "usgovernment"`},
		"public for government": {government, "ARM_ENVIRONMENT=public", `selects "public". Set environment = "usgovernment"`},
		"China":                 {public, "ARM_ENVIRONMENT=china", `No GeoCatalogs are known in "china"`},
		"authority":             {government, "AZURE_AUTHORITY_HOST=https://login.microsoftonline.com/", `AZURE_AUTHORITY_HOST selects "public"`},
		"no cloud":              {public, "ARM_ENVIRONMENT=moon", "Allowed are"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := geoCatalogBlock(server)
			block["geocatalog_url"] = test.address
			w := providertest.NewClientWith(t, clock.NewFake(clock.Real().Now()), block, provider.WithEnvironment(environment.New([]string{test.variable})))
			_, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": "fires"})
			if len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Detail, test.want) {
				t.Errorf("got %v, want %q", diagnostics, test.want)
			}
		})
	}
	if got := len(server.Requests()); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
}

// TestGeoCatalog_refusesADuration shows the service's own words.
func TestGeoCatalog_refusesADuration(t *testing.T) {
	t.Parallel()
	const message = "Only approved users may request a duration."
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusUnprocessableEntity} {
		server := startGeoCatalog(t, mockserver.GeoCatalogConfig{})
		server.FailNext(mockserver.GeoCatalogFault{
			Path: "/sas/token/fires", Times: 2, Status: status, ContentType: "application/json", Body: `{"error": {"code": "NotAllowed", "message": "` + message + `"}}`,
		})
		w := newGeoCatalogClient(t, server, geoCatalogBlock(server))
		_, diagnostics := w.Open(t.Context(), t, sasToken, map[string]any{"collection": "fires", "duration": 90})
		for _, want := range []string{message, "Remove it for a token with the default lifetime"} {
			providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("duration")`, want))
		}
		_, diagnostics = w.Open(t.Context(), t, sasToken, map[string]any{"collection": "fires"})
		providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("collection")`, message))
		assertHidden(t, server, diagnostics)
	}
}

// TestGeoCatalog_locatesNothingItDoesNotKnow: no region, and no assets in Azure.
func TestGeoCatalog_locatesNothingItDoesNotKnow(t *testing.T) {
	t.Parallel()
	server := mockserver.StartGeoCatalog(mockserver.GeoCatalogConfig{
		Secret: clientSecret, Items: map[string]string{"fires": `{"type": "FeatureCollection", "features": []}`},
		Collections: map[string]string{"fires": `{"type": "Collection", "id": "fires", "description": "D", "license": "other", "extent": {}, "links": [], "assets": {"page": {"href": "https://example.com/a/b"}}}`},
	})
	t.Cleanup(server.Close)
	w := newGeoCatalogClient(t, server, geoCatalogBlock(server))
	values, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": "fires"})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
	for _, attribute := range []string{"region", "storage_account", "container"} {
		if !values[attribute].IsNull() {
			t.Errorf("%s is %v", attribute, values[attribute])
		}
	}
}

// Entra and the GeoCatalog return texts that would control a terminal.
func TestGeoCatalog_errorsAreSafeForATerminal(t *testing.T) {
	t.Parallel()
	const hostile = `\u001b[2J\r\nApply complete!\u202e\u0085`
	for name, fault := range map[string]mockserver.GeoCatalogFault{
		"Entra's description": {Path: entraTokenPath, Status: http.StatusUnauthorized, ContentType: "application/json", Body: `{"error": "` + hostile + `", "error_description": "` + hostile + `"}`},
		"Entra's code":        {Path: entraTokenPath, Status: http.StatusUnauthorized, ContentType: "application/json", Body: `{"error": "x", "error_description": "AADSTS1: ` + hostile + strings.Repeat("x", 10_000) + `"}`},
		"Entra's text":        {Path: entraTokenPath, Status: http.StatusBadGateway, ContentType: "text/html", Body: "<h1>\x1b[2J\r\nApply complete!</h1>"},
		"no JSON of Entra":    {Path: entraTokenPath, Status: http.StatusOK, ContentType: "application/json", Body: "\x1b[2J"},
		"Entra's token":       {Path: entraTokenPath, Status: http.StatusOK, ContentType: "application/json", Body: `{"token_type": "Bearer", "expires_in": 3600, "access_token": "` + hostile + `"}`},
		"GeoCatalog":          {Path: "/stac/*", Status: http.StatusForbidden, ContentType: "application/json", Body: `{"error": {"code": "` + hostile + `", "message": "` + hostile + `"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startGeoCatalog(t, mockserver.GeoCatalogConfig{})
			fault.Times = 1 << 30
			server.FailNext(fault)
			client := newGeoCatalogClient(t, server, geoCatalogBlock(server))
			_, diagnostics := client.ReadData(t, collectionType, map[string]any{"id": "fires"})
			if !providertest.HasError(diagnostics) {
				t.Fatal("the read succeeded")
			}
			providertest.AssertPresentable(t, diagnostics)
		})
	}
}
