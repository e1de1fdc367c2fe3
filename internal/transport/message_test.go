// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const privateKey = "-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkq\n-----END PRIVATE KEY-----\n"

// The server echoes every secret in every form.
func TestSecrets_areAbsentFromErrorsLogsAndDumps(t *testing.T) {
	t.Parallel()
	const password = "pa55word&more"
	encoded := base64.StdEncoding.EncodeToString([]byte("alice:" + password))
	secrets := []string{testToken, password, encoded, "MIIEvgIBADANBgkq", "another-users-token", "pa55word%26more"}
	echo := strings.Join([]string{
		testToken, password, encoded, `{"tls_key":"` + strings.ReplaceAll(privateKey, "\n", `\n`) + `"}`, privateKey, `"token": "another-users-token"`,
		"Authorization: token another-users-token", "/x?token=another-users-token", "pa55word%26more",
	}, "\n")
	for name, test := range map[string]struct {
		auth   transport.Auth
		handle http.HandlerFunc
	}{
		"jupyterhub":    {transport.JupyterHubAuth(secret.New(testToken)), respond(400, "text/plain", echo)},
		"token":         {transport.TokenAuth(secret.New(testToken)), respond(500, "text/html", "<title>"+echo+"</title>")},
		"basic":         {transport.BasicAuth("alice", secret.New(password)), respond(403, "text/plain", echo)},
		"json":          {transport.TokenAuth(secret.New(testToken)), respond(422, "application/json", `{"error":"bad `+testToken+`"}`)},
		"not decodable": {transport.TokenAuth(secret.New(testToken)), respond(200, "text/plain", echo)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var logged strings.Builder
			base, _ := serve(t, test.handle)
			var cfg transport.Config
			c := newClient(t, base, func(configured *transport.Config) {
				configured.Auth = test.auth
				configured.Log = func(_ context.Context, message string, fields map[string]any) {
					mu.Lock()
					defer mu.Unlock()
					fmt.Fprintln(&logged, message, fields)
				}
				cfg = *configured
			})
			_, err := transport.Call[struct{ Name int }](t.Context(), c, transport.Request{
				Method: http.MethodGet, Path: []string{"x"}, Query: "token=another-users-token",
			})
			failed := asError(t, err)
			mu.Lock()
			defer mu.Unlock()
			if !strings.Contains(logged.String(), "HTTP attempt") {
				t.Error("nothing was logged")
			}
			for _, hidden := range secrets {
				if name == "basic" && hidden == testToken || name != "basic" && (hidden == password || hidden == encoded || strings.HasPrefix(hidden, "pa55")) {
					continue
				}
				for label, text := range map[string]string{
					"error": err.Error(), "dump": fmt.Sprintf("%+v %#v", failed, failed),
					"log": logged.String(), "client": fmt.Sprintf("%+v %#v", c, c), "config": fmt.Sprintf("%+v", cfg),
				} {
					if strings.Contains(text, hidden) {
						t.Errorf("the %s contains %q:\n%s", label, hidden, text)
					}
				}
			}
		})
	}
}

func TestSecrets_withCommonPrefixAreMaskedInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{{"hunter2", "hunter2-production"}, {"hunter2-production", "hunter2"}} {
		base, _ := serve(t, respond(422, "text/plain", "bad value hunter2-production"))
		_, err := newClient(t, base, nil).Do(t.Context(), transport.Request{Method: http.MethodPost, Path: []string{"x"}, Secrets: secrets})
		if text := err.Error(); strings.Contains(text, "hunter2") || strings.Contains(text, "-production") || !strings.Contains(text, "bad value ***") {
			t.Errorf("with %q: %s", secrets, text)
		}
	}
}

func TestErrors_quoteTheServer(t *testing.T) {
	t.Parallel()
	page := `<!DOCTYPE html><html><head><title>JupyterHub</title><style>b{}</style></head><body><script>x()</script>
<h1>503 : Service Unavailable</h1><p>Your server appears to be down.</p> Home Token</body></html>`
	for name, test := range map[string]struct {
		status            int
		contentType, body string
		message           string
		json              bool
	}{
		"gateway":             {404, "application/json; charset=utf-8", `{"error": "Cluster x not found"}`, "Cluster x not found", true},
		"hub":                 {403, "application/json", `{"status": 403, "message": "Missing or invalid credentials."}`, "Missing or invalid credentials.", true},
		"hub without message": {404, "application/json", `{"status": 404, "message": null}`, "", true},
		"JSON as text":        {404, "text/plain", `{"error": "Cluster x not found"}`, `{"error": "Cluster x not found"}`, false},
		"aiohttp":             {500, "text/plain; charset=utf-8", "500 Internal Server Error\n\nServer got itself in trouble", "500 Internal Server Error Server got itself in trouble", false},
		"page":                {503, "text/html", page, "503 : Service Unavailable Your server appears to be down.", false},
		"page without type":   {502, "", page, "503 : Service Unavailable Your server appears to be down.", false},
		"title alone":         {404, "text/html", "<html><title>404: Not Found</title><body>x</body></html>", "404: Not Found", false},
		"empty":               {502, "", "", "", false},
		"long":                {400, "text/plain", strings.Repeat("ä", 5000), strings.Repeat("ä", 300) + "…", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, _ := serve(t, respond(test.status, test.contentType, test.body))
			c := newClient(t, base, func(cfg *transport.Config) { cfg.MaxRetries = 0 })
			_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"api", "x"}})
			failed := asError(t, err)
			if failed.Status != test.status || failed.Message != test.message || failed.IsJSONError != test.json {
				t.Errorf("status %d, JSON error %v, message %q", failed.Status, failed.IsJSONError, failed.Message)
			}
			for _, part := range []string{"GET", pathPrefix + "/api/x", fmt.Sprint(test.status), test.message} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not contain %q", err, part)
				}
			}
		})
	}
}

func TestCall_reportsExpectedResponse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ contentType, body, message string }{
		"page":       {"text/html", "<title>Sign in</title>", `expected the cluster as JSON, got text/html: Sign in`},
		"list":       {"application/json", `[1]`, "expected the cluster as JSON, got a JSON array"},
		"wrong type": {"application/json", `{"name": 5}`, "expected the cluster as JSON, got a JSON number in name"},
		"nothing":    {"application/json", ``, "expected the cluster as JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, count := serve(t, respond(200, test.contentType, test.body))
			_, err := transport.Call[struct {
				Name string `json:"name"`
			}](t.Context(), newClient(t, base, nil), transport.Request{Method: http.MethodGet, Path: []string{"x"}, IsRetryable: true, Want: "the cluster"})
			if failed := asError(t, err); failed.Kind != transport.KindBody || !strings.HasPrefix(failed.Message, test.message) {
				t.Errorf("%v", err)
			}
			if count.Load() != 1 {
				t.Errorf("%d requests", count.Load())
			}
		})
	}
}

func TestCredentials_areSentInClearTextOnlyToNearbyHosts(t *testing.T) {
	t.Parallel()
	for host, allowed := range map[string]bool{
		"127.0.0.1": true, "localhost": true, "[::1]": true, "10.1.2.3": true, "192.168.1.1": true, "[fd00::1]": true,
		"proxy-public": true, "gateway.daskhub.svc": true, "gateway.daskhub.svc.cluster.local": true, "a.svc.": true,
		"[fe80::1%25eth0]": false, "[2001:db8::1%25eth0]": false, "[::ffff:10.0.0.1]": true, "[::ffff:8.8.8.8]": false,
		"134744072": false, "0x8080808": false, "0.0.0.0": false, "172.32.0.1": false, "172.31.0.1": true, "x.localhost": true,
		// Fullwidth digits are normalised to digits, which make an IPv4 address.
		"２１３０７０６４３３": false, "１２７.0.0.1": true, "８.8.8.8": false, "ｌocalhost": true, "bücher.example": false, "bücher": true, "a\u200db": false,
		"hub.example.com": false, "8.8.8.8": false, "[2001:db8::1]": false, "evil.svc.example.com": false, "svc.example": false,
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			for _, allow := range []bool{false, true} {
				ended, cancel := context.WithCancel(t.Context())
				cancel()
				c := newClient(t, parseURL(t, "http://"+host+":1/x/"), func(cfg *transport.Config) { cfg.AllowsCleartext, cfg.BypassesProxy = allow, true })
				_, err := c.Do(ended, transport.Request{Method: http.MethodGet, Path: []string{"x"}})
				if refused := asError(t, err).Kind == transport.KindCleartext; refused == (allowed || allow) {
					t.Errorf("allow_cleartext %v: %v", allow, err)
				}
			}
		})
	}
}

func TestNew_rejectsInvalidConfig(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"ftp://h/", "h:80", "http:///x"} {
		if _, err := transport.New(transport.Config{BaseURL: parseURL(t, address)}); err == nil {
			t.Errorf("%s was accepted", address)
		}
	}
	if _, err := transport.New(transport.Config{BaseURL: parseURL(t, "http://h/"), RootCAs: []byte("nonsense")}); !errors.Is(err, transport.ErrNoCertificate) {
		t.Errorf("%v, want ErrNoCertificate", err)
	}
}

// Servers quote secrets with different percent-encodings, or only their beginning.
func TestErrors_maskEncodedAndShortenedSecrets(t *testing.T) {
	t.Parallel()
	percent := func(text string) string {
		var encoded strings.Builder
		for _, b := range []byte(text) {
			fmt.Fprintf(&encoded, "%%%02x", b)
		}
		return encoded.String()
	}
	half := len(testToken) / 2
	for name, echo := range map[string]string{
		"percent-encoded":             percent(testToken),
		"percent-encoded in parts":    testToken[:half] + percent(testToken[half:]),
		"percent-encoded twice":       percent(percent(testToken)),
		"without its end":             testToken[:len(testToken)-2],
		"without its end, encoded":    percent(testToken[:len(testToken)-2]),
		"in a sentence":               "before " + testToken[:len(testToken)-1] + " after",
		"beside an invalid escape":    "%zz%" + testToken + "%",
		"twice, one after the other":  testToken + testToken,
		"its beginning, then a whole": testToken[:len(testToken)-2] + testToken,
	} {
		for place, handle := range map[string]http.HandlerFunc{
			"message": respond(http.StatusBadRequest, "text/plain", echo),
			"redirect": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/login/"+strings.ReplaceAll(echo, " ", "-")+"/x")
				w.WriteHeader(http.StatusFound)
			},
		} {
			if place == "redirect" && strings.Contains(echo, "%zz") {
				continue
			}
			t.Run(name+" in the "+place, func(t *testing.T) {
				t.Parallel()
				base, _ := serve(t, handle)
				_, err := newClient(t, base, nil).Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}})
				failed := asError(t, err)
				if !strings.Contains(failed.Message, "***") || strings.Contains(failed.Message, testToken[:half]) || strings.Contains(failed.Message, percent(testToken[half:half+4])) {
					t.Errorf("the secret is not masked in %q", failed.Message)
				}
			})
		}
	}
}

func TestErrors_keepTextsThatResembleASecret(t *testing.T) {
	t.Parallel()
	for _, text := range []string{testToken[:len(testToken)/2], "100% of " + testToken[:3], "%41%42"} {
		base, _ := serve(t, respond(http.StatusBadRequest, "text/plain", text))
		_, err := newClient(t, base, nil).Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}})
		if failed := asError(t, err); failed.Message != text {
			t.Errorf("%q became %q", text, failed.Message)
		}
	}
}

// Texts from a server must not move the cursor, start a line or change the direction
// of text.
func TestPrintable_removesTerminalControls(t *testing.T) {
	t.Parallel()
	for hostile, want := range map[string]string{
		"\x1b[2J\x1b[1;1Hdone":                   "?[2J?[1;1Hdone",
		"\x1b]8;;http://evil\x07click\x1b]8;;\a": "?]8;;http://evil?click?]8;;?",
		"ok\r\nApply complete!":                  "ok Apply complete!",
		"over\rwritten":                          "over written",
		"a\u202eb\u2066c\u200fd":                 "a?b?c?d",
		"a\u009b2Jb\x00c\x7fd\u2028e\xff":        "a?2Jb?c?d e?",
		"zero\u200bwidth\ufeff":                  "zero?width?",
		"tags \U000e0041\U000e007f":              "tags ??",
		"größer, 日本語":                            "größer, 日本語",
		strings.Repeat("ä", 301):                 strings.Repeat("ä", 300) + "…",
	} {
		if got := transport.Printable(hostile); got != want {
			t.Errorf("Printable(%q) = %q, want %q", hostile, got, want)
		}
	}
}

// Every text in the response that an error can quote is hostile.
func TestErrors_areSafeForATerminal(t *testing.T) {
	t.Parallel()
	const hostile = "\x1b[2J\x1b]0;x\x07\u202e\u009b31m\r\nApply complete!"
	quoted, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	for name, handle := range map[string]http.HandlerFunc{
		"JSON": respond(http.StatusBadRequest, "application/json", `{"error": `+string(quoted)+`}`),
		"text": respond(http.StatusBadRequest, "text/plain", hostile),
		"page": respond(http.StatusBadRequest, "text/html", "<h1>"+hostile+"&#27;[2J</h1>"),
		"type": respond(http.StatusOK, "text/x; a=\u202e\u2066", "x"),
		"redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://\u202ehost\u2066/%1b[2J\u202e")
			w.WriteHeader(http.StatusFound)
		},
		"wrong JSON":   respond(http.StatusOK, "application/json", hostile),
		"unknown name": respond(http.StatusOK, "application/json", `{"Name": {`+string(quoted)+`: 1}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, _ := serve(t, handle)
			_, err := transport.Call[struct{ Name int }](t.Context(), newClient(t, base, nil), transport.Request{Method: http.MethodGet, Path: []string{"x\u202ey"}})
			if text := asError(t, err).Error(); strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("the error contains control characters: %q", text)
			}
		})
	}
}

func TestDo_decidesOnTheRawMessage(t *testing.T) {
	t.Parallel()
	base, count := serve(t, respond(http.StatusInternalServerError, "text/plain", "bad credentials"))
	c := newClient(t, base, func(cfg *transport.Config) {
		cfg.Auth = transport.TokenAuth(secret.New("cred"))
		cfg.IsCredentialFailure = func(_ int, raw string) bool { return raw == "bad credentials" }
	})
	_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}, IsRetryable: true})
	failed := asError(t, err)
	if failed.Kind != transport.KindCredentials || count.Load() != 1 || failed.Message != "bad ***entials" || failed.RawMessage() != "bad credentials" {
		t.Errorf("kind %d after %d requests, %q, raw %q", failed.Kind, count.Load(), failed.Message, failed.RawMessage())
	}
	if dump := fmt.Sprintf("%+v %#v", *failed, failed); strings.Contains(dump, "credentials\"") || strings.Contains(dump, "bad cred") {
		t.Errorf("the raw message is in %s", dump)
	}
}
