// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// TestProvider_opensKerberosFilesOnlyForKerberos watches the files that Kerberos always
// opens first: the credential cache and krb5.conf. The case with Kerberos
// proves that the watch detects an open.
func TestProvider_opensKerberosFilesOnlyForKerberos(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"krb5.conf", "tickets"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("invalid"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("KRB5_CONFIG", filepath.Join(folder, "krb5.conf"))
	t.Setenv("KRB5CCNAME", "FILE:"+filepath.Join(folder, "tickets"))
	wasOpened := watchOpens(t, folder)

	hub := providertest.StartMock(t, mockserver.Config{})
	basic := providertest.StartMock(t, mockserver.Config{Auth: "basic"})
	noTicket := providertest.ErrorAt("", filepath.Join(folder, "tickets"))
	for _, test := range []struct {
		name   string
		block  map[string]any
		want   providertest.ExpectedDiagnostic
		isOpen bool
	}{
		{"jupyterhub", providertest.Block(hub), providertest.ExpectedDiagnostic{}, false},
		{"basic", map[string]any{"address": basic.GatewayURL(), "username": "alice", "password": "p", "auth": "basic"}, providertest.ExpectedDiagnostic{}, false},
		{"none", map[string]any{"address": hub.GatewayURL(), "auth": "none"}, providertest.ErrorAt("", `the provider uses auth = "none"`), false},
		{"kerberos", map[string]any{"address": hub.GatewayURL(), "auth": "kerberos"}, noTicket, true},
	} {
		client := providertest.NewClient(t, test.block)
		planned := client.Plan(t, providertest.ClusterType, client.None(t), map[string]any{})
		providertest.AssertDiagnostics(t, planned.Diagnostics, test.want)
		if got := wasOpened(); got != test.isOpen {
			t.Errorf("auth = %q: a file of Kerberos was opened: %v, want %v", test.name, got, test.isOpen)
		}
	}
	if len(hub.Requests()) == 0 || len(basic.Requests()) == 0 {
		t.Error("no request was sent")
	}
}

// watchOpens returns a function that reports whether a file of a folder was opened
// since its last call.
func watchOpens(t *testing.T, folder string) func() bool {
	t.Helper()
	watch, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(watch) })
	if _, err := syscall.InotifyAddWatch(watch, folder, syscall.IN_OPEN); err != nil {
		t.Fatal(err)
	}
	return func() bool {
		t.Helper()
		size, err := syscall.Read(watch, make([]byte, 4096))
		if err != nil && !errors.Is(err, syscall.EAGAIN) {
			t.Fatal(err)
		}
		return size > 0
	}
}
