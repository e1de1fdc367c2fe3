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

// known are values as a session has them.
func known(name string) (value string, ok bool, err error) {
	value, ok = map[string]string{"cluster": "a.b", "alice": "alice"}[name]
	return value, ok, nil
}

func TestTable_namesAreUniqueAndRecordsAreThere(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	names, records := map[string]bool{}, map[string]bool{}
	for _, c := range Cases() {
		if names[c.Name] {
			t.Errorf("two cases are called %q", c.Name)
		}
		names[c.Name] = true
		for _, x := range c.Exchanges {
			if x.Answer.Status == 0 && !x.Request.Lost && !x.Request.LostHalf {
				t.Errorf("%s: a request without an answer", c.Name)
			}
			if x.Record == "" {
				continue
			}
			if records[x.Record] {
				t.Errorf("%s is recorded twice", x.Record)
			}
			records[x.Record] = true
			if !strings.Contains(string(manual), "`"+x.Record+"`") {
				t.Errorf("testdata/README.md does not tell of %s", x.Record)
			}
		}
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(records) {
		t.Errorf("testdata holds %d answers, %d are recorded (%v)", len(files), len(records), err)
	}
}

func TestPattern(t *testing.T) {
	t.Parallel()
	for text, test := range map[string]struct {
		fits, differs string
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
		expression, err := pattern(text, known)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !expression.MatchString(test.fits) || expression.MatchString(test.differs) {
			t.Errorf("%s: fits %t, differs %t", text, expression.MatchString(test.fits), !expression.MatchString(test.differs))
		}
	}
	for _, text := range []string{"<<unknown>>", "<<x=unknown>>", "<<hex"} {
		if expression, err := pattern(text, known); err == nil {
			t.Errorf("%s became %s", text, expression)
		}
	}
}

func TestCheck_findsEachDifference(t *testing.T) {
	t.Parallel()
	got := &answer{
		status: http.StatusOK, took: 2 * time.Second, body: `{"id": "a7", "scopes": ["b", "a"]}`,
		header: http.Header{"Content-Type": {"application/json"}, "Etag": {`"1"`}},
	}
	fits := func() Answer {
		return Answer{
			Status: http.StatusOK, Type: "application/json", Body: `{"id": "<<kept=id>>", "scopes": <<array>>}`,
			Header: map[string]string{"Etag": `"<<int>>"`, "Set-Cookie": ""}, Sets: map[string][]string{"scopes": {"a", "b"}}, Wait: longPoll,
		}
	}
	kept, differences := check(fits(), got, time.Second, known)
	if len(differences) != 0 || kept["kept"] != "a7" {
		t.Errorf("kept %v, differences %q", kept, differences)
	}
	for name, change := range map[string]func(*Answer){
		"status":          func(a *Answer) { a.Status = http.StatusCreated },
		"type":            func(a *Answer) { a.Type = "" },
		"body":            func(a *Answer) { a.Body = "{}" },
		"header":          func(a *Answer) { a.Header = map[string]string{"Etag": ""} },
		"missing header":  func(a *Answer) { a.Header = map[string]string{"Set-Cookie": "<<pair>>"} },
		"set":             func(a *Answer) { a.Sets = map[string][]string{"scopes": {"a"}} },
		"no set":          func(a *Answer) { a.Sets = map[string][]string{"id": {"a7"}} },
		"too slow":        func(a *Answer) { a.Wait = atOnce },
		"keys":            func(a *Answer) { a.Object = map[string]string{"id": `"a7"`} },
		"a key's value":   func(a *Answer) { a.Object = map[string]string{"id": `"a8"`, "scopes": "<<array>>"} },
		"unknown pattern": func(a *Answer) { a.Body = "<<unknown>>" },
	} {
		changed := fits()
		change(&changed)
		if _, differences := check(changed, got, time.Second, known); len(differences) != 1 {
			t.Errorf("%s: %d differences: %q", name, len(differences), differences)
		}
	}
	early := fits()
	if _, differences := check(early, got, 3*time.Second, known); len(differences) != 1 {
		t.Errorf("an early answer: %q", differences)
	}
}

func TestNormal(t *testing.T) {
	t.Parallel()
	one, two := strings.Repeat("a", 32), strings.Repeat("b", 32)
	got := normal(`{"`+two+`": "`+one+`", "again": "`+two+`", "start_time": 1795431525741, "created": "2026-11-23T10:57:36.163744Z", `+
		`"id": "a27", "name": "loner7", "scopes": ["b!user=loner7", "a"], "tls_key": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"}`, "loner7")
	want := `{"00000000000000000000000000000001": "00000000000000000000000000000002", "again": "00000000000000000000000000000001", ` +
		`"start_time": 1767225601000, "created": "2026-01-01T00:00:01.000000Z", "id": "a1", "name": "alice", "scopes": ["a", "b!user=alice"], ` +
		`"tls_key": "-----BEGIN PRIVATE KEY-----\nthis+is+a+fake\n-----END PRIVATE KEY-----\n"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
