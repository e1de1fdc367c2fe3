// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// GeoCatalog is a running GeoCatalog (Planetary Computer Pro). No real one can be reached
// from the tests. The oracle is Microsoft's client, azure-planetarycomputer 1.0.0, and what
// the specification of the service records.
type GeoCatalog interface {
	// URL is the root of the API, without a final slash.
	URL() string
	// Client trusts the certificate of the server.
	Client() *http.Client
	// Token returns a token for one of the identities below, except Anonymous.
	Token(identity string) string
}

// The identities of the cases for a GeoCatalog.
const (
	// Reader has the role GeoCatalog Reader.
	Reader = "reader"
	// WithoutRole has no role.
	WithoutRole = "without a role"
	// Expired has a role, and a token that has expired.
	Expired = "expired"
	// Stranger has a token that Microsoft Entra has not issued.
	Stranger = "stranger"
	// Anonymous has no token.
	Anonymous = "anonymous"
)

// GeoCatalogCase is one fact about a GeoCatalog: a request with its expected response.
type GeoCatalogCase struct {
	// Name is unique in the table and describes the fact.
	Name string
	// Source is where the fact comes from. IsAssumed means that no source has the
	// response, so that the expected one is only that of the mock.
	Source    string
	IsAssumed bool
	// Identity is one of the identities above. "" means Reader.
	Identity string
	// Path is sent as it is, with its escapes and query.
	Path     string
	Response ExpectedResponse
	// IsSigned means that the response has a signature for a container.
	IsSigned bool
	// Call is the call in Python with which azure-planetarycomputer sends the request, ""
	// if it has none. Raises is the class of the exception that the call raises.
	Call, Raises string
}

// RunGeoCatalog runs the cases in parallel.
func RunGeoCatalog(t *testing.T, target GeoCatalog) {
	t.Helper()
	for _, c := range GeoCatalogCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got, err := c.send(t.Context(), target)
			if err != nil {
				t.Fatal(err)
			}
			noValues := func(string) (string, bool, error) { return "", false, nil }
			if _, differences := compare(c.Response, got, 0, noValues); len(differences) > 0 {
				t.Errorf("GET %s: %s", c.Path, strings.Join(differences, "\n"))
			}
			if c.IsSigned {
				if err := checkSignature(got.body); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// send sends the request of the case.
func (c GeoCatalogCase) send(ctx context.Context, target GeoCatalog) (*receivedResponse, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.URL()+c.Path, nil)
	if err != nil {
		return nil, err
	}
	switch c.Identity {
	case Anonymous:
	case "":
		request.Header.Set("Authorization", "Bearer "+target.Token(Reader))
	default:
		request.Header.Set("Authorization", "Bearer "+target.Token(c.Identity))
	}
	return receive(target.Client(), request)
}

// checkSignature checks the token, or the address with the token, in a response: it reads
// and lists a container until the end that the response names
// (azure-rest-api-specs, Sas_GetSign.json).
func checkSignature(body string) error {
	var response struct {
		Expiry string `json:"msft:expiry"`
		Token  string `json:"token"`
		Href   string `json:"href"`
	}
	if err := json.Unmarshal([]byte(body), &response); err != nil {
		return err
	}
	token := response.Token
	if token == "" {
		_, token, _ = strings.Cut(response.Href, "?")
	}
	values, err := url.ParseQuery(token)
	if err != nil {
		return errors.New("the token is not a query")
	}
	for name, want := range map[string]string{"sp": "rl", "sr": "c", "sks": "b", "se": response.Expiry} {
		if got := values.Get(name); got != want {
			return fmt.Errorf("%s of the token is %q, want %q", name, got, want)
		}
	}
	if values.Get("sig") == "" {
		return errors.New("the token has no signature")
	}
	return nil
}
