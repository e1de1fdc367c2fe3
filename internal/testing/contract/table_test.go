// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// testValues resolves placeholders like a session.
func testValues(name string) (value string, ok bool, err error) {
	value, ok = map[string]string{"cluster": "a.b", "alice": "alice"}[name]
	return value, ok, nil
}

func TestTable_hasUniqueNamesAndRecords(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	names, records := map[string]bool{}, map[string]bool{}
	for _, c := range Cases() {
		if names[c.Name] {
			t.Errorf("two cases have the name %q", c.Name)
		}
		names[c.Name] = true
		for _, x := range c.Exchanges {
			if x.Response.Status == 0 && !x.Request.DropResponse && !x.Request.SendHalfBody {
				t.Errorf("%s: request without an expected response", c.Name)
			}
			if x.Record == "" {
				continue
			}
			if records[x.Record] {
				t.Errorf("two cases record %s", x.Record)
			}
			records[x.Record] = true
			if !strings.Contains(string(readme), "`"+x.Record+"`") {
				t.Errorf("testdata/README.md does not list %s", x.Record)
			}
		}
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(records) {
		t.Errorf("testdata has %d files, the cases record %d (%v)", len(files), len(records), err)
	}
}

func TestPattern_matchesWholeText(t *testing.T) {
	t.Parallel()
	for text, test := range map[string]struct {
		matching, different string
	}{
		`{"ok": true}`:           {`{"ok": true}`, `{"ok":true}`},
		`a.b`:                    {`a.b`, `axb`},
		`"<<cluster>>"`:          {`"a.b"`, `"axb"`},
		`<<hex>>`:                {strings.Repeat("0f", 16), strings.Repeat("0f", 16) + "0"},
		`<<ms>>`:                 {"1795431525741", "1795431525"},
		`<<time>>`:               {"2026-11-23T10:57:36.163744Z", "2026-11-23 10:57:36"},
		`[<<any>>]`:              {"[1,\n2]", "[1,\n2"},
		`"<<certificate>>"`:      {`"-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"`, `"MIIC"`},
		`<<x=id>> of <<alice>>`:  {"a12 of alice", "a12 of bob"},
		`<<array>>`:              {`["a", "b"]`, `["a", ["b"]]`},
		`{<<members>>}`:          {`{"a": 1}`, `{"a": 1}, {"b": 2}`},
		`<<pair>>; Max-Age=600`:  {"dask-gateway-" + strings.Repeat("a", 32) + "=" + strings.Repeat("b", 32) + "; Max-Age=600", "x=y; Max-Age=600"},
		`"Cluster \u00e9 found"`: {`"Cluster \u00e9 found"`, `"Cluster é found"`},
	} {
		expression, err := pattern(text, testValues)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !expression.MatchString(test.matching) || expression.MatchString(test.different) {
			t.Errorf("%s: matches %t, rejects the other text %t", text, expression.MatchString(test.matching), !expression.MatchString(test.different))
		}
	}
	for _, text := range []string{"<<unknown>>", "<<x=unknown>>", "<<hex"} {
		if expression, err := pattern(text, testValues); err == nil {
			t.Errorf("%s compiled to %s", text, expression)
		}
	}
}

func TestCheck_findsEachDifference(t *testing.T) {
	t.Parallel()
	got := &receivedResponse{
		status: http.StatusOK, duration: 2 * time.Second, body: `{"id": "a7", "scopes": ["b", "a"]}`,
		header: http.Header{"Content-Type": {"application/json"}, "Etag": {`"1"`}},
	}
	matching := func() ExpectedResponse {
		return ExpectedResponse{
			Status: http.StatusOK, ContentType: "application/json", Body: `{"id": "<<kept=id>>", "scopes": <<array>>}`,
			Header: map[string]string{"Etag": `"<<int>>"`, "Set-Cookie": ""}, Unordered: map[string][]string{"scopes": {"a", "b"}}, Timing: whenLongPollEnds,
		}
	}
	stored, differences := compare(matching(), got, time.Second, testValues)
	if len(differences) != 0 || stored["kept"] != "a7" {
		t.Errorf("kept %v, differences %q", stored, differences)
	}
	for name, change := range map[string]func(*ExpectedResponse){
		"status":          func(a *ExpectedResponse) { a.Status = http.StatusCreated },
		"content type":    func(a *ExpectedResponse) { a.ContentType = "" },
		"body":            func(a *ExpectedResponse) { a.Body = "{}" },
		"header":          func(a *ExpectedResponse) { a.Header = map[string]string{"Etag": ""} },
		"missing header":  func(a *ExpectedResponse) { a.Header = map[string]string{"Set-Cookie": "<<pair>>"} },
		"unordered":       func(a *ExpectedResponse) { a.Unordered = map[string][]string{"scopes": {"a"}} },
		"not an array":    func(a *ExpectedResponse) { a.Unordered = map[string][]string{"id": {"a7"}} },
		"too late":        func(a *ExpectedResponse) { a.Timing = beforeLongPollEnds },
		"keys":            func(a *ExpectedResponse) { a.Object = map[string]string{"id": `"a7"`} },
		"a key's value":   func(a *ExpectedResponse) { a.Object = map[string]string{"id": `"a8"`, "scopes": "<<array>>"} },
		"unknown pattern": func(a *ExpectedResponse) { a.Body = "<<unknown>>" },
	} {
		changed := matching()
		change(&changed)
		if _, differences := compare(changed, got, time.Second, testValues); len(differences) != 1 {
			t.Errorf("%s: %d differences: %q", name, len(differences), differences)
		}
	}
	tooEarly := matching()
	if _, differences := compare(tooEarly, got, 3*time.Second, testValues); len(differences) != 1 {
		t.Errorf("response before the end of the long poll: %q", differences)
	}
}

func TestNormalise_replacesVariableTexts(t *testing.T) {
	t.Parallel()
	firstName, secondName := strings.Repeat("a", 32), strings.Repeat("b", 32)
	got := normalise(`{"`+secondName+`": "`+firstName+`", "again": "`+secondName+`", "start_time": 1795431525741, "created": "2026-11-23T10:57:36.163744Z", `+
		`"id": "a27", "name": "caseuser7", "scopes": ["b!user=caseuser7", "a"], "tls_key": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"}`, "caseuser7")
	want := `{"00000000000000000000000000000001": "00000000000000000000000000000002", "again": "00000000000000000000000000000001", ` +
		`"start_time": 1767225601000, "created": "2026-01-01T00:00:01.000000Z", "id": "a1", "name": "alice", "scopes": ["a", "b!user=alice"], ` +
		`"tls_key": "-----BEGIN PRIVATE KEY-----\nthis+is+a+fake\n-----END PRIVATE KEY-----\n"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
