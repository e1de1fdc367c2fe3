// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package environment_test

import (
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
)

func TestNew_keepsTheFirstOfRepeatedNames(t *testing.T) {
	t.Parallel()
	variables := environment.New([]string{"A=1", "B=2", "A=3"})
	if value, ok := variables.Lookup("A"); !ok || value != "1" {
		t.Errorf("A is %q, %t", value, ok)
	}
	if value, ok := variables.Lookup("C"); ok || value != "" {
		t.Errorf("C is %q, %t", value, ok)
	}
}

func TestNew_skipsPairsWithoutName(t *testing.T) {
	t.Parallel()
	variables := environment.New([]string{"=C:=C:\\", "NAME", "", "EMPTY=", "EQUALS=a=b"})
	values := maps.Collect(variables.All())
	if len(values) != 2 || values["EQUALS"] != "a=b" {
		t.Errorf("got %q", values)
	}
	if value, ok := variables.Lookup("EMPTY"); !ok || value != "" {
		t.Errorf("EMPTY is %q, %t", value, ok)
	}
}

func TestAll_keepsTheOrder(t *testing.T) {
	t.Parallel()
	var names []string
	for name := range environment.New([]string{"B=1", "A=2", "C=3", "A=4"}).All() {
		names = append(names, name)
		if name == "C" {
			break
		}
	}
	if !slices.Equal(names, []string{"B", "A", "C"}) {
		t.Errorf("got %q", names)
	}
}

func TestVariables_zeroValueIsEmpty(t *testing.T) {
	t.Parallel()
	var variables environment.Variables
	for name := range variables.All() {
		t.Errorf("got %q", name)
	}
	if _, ok := variables.Lookup("PATH"); ok || variables.WorkingDirectory() != "" || variables.Home() != "" {
		t.Error("the zero value contains variables of the process")
	}
}

func TestInDirectory_changesOnlyTheCopy(t *testing.T) {
	t.Parallel()
	original := environment.New([]string{"A=1"})
	moved := original.InDirectory("/work")
	if value, _ := moved.Lookup("A"); value != "1" || moved.WorkingDirectory() != "/work" || original.WorkingDirectory() != "" {
		t.Errorf("A is %q, the folders are %q and %q", value, moved.WorkingDirectory(), original.WorkingDirectory())
	}
}

func TestHome_readsVariableOfTheSystem(t *testing.T) {
	t.Parallel()
	want := "/home/alice"
	if runtime.GOOS == "windows" {
		want = `C:\Users\alice`
	}
	if got := environment.New([]string{"HOME=/home/alice", `USERPROFILE=C:\Users\alice`}).Home(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOfProcess_readsTheProcess(t *testing.T) {
	t.Setenv("PC_ENVIRONMENT_TEST", "x")
	folder := t.TempDir()
	t.Chdir(folder)
	variables := environment.OfProcess()
	if value, _ := variables.Lookup("PC_ENVIRONMENT_TEST"); value != "x" || variables.WorkingDirectory() == "" {
		t.Errorf("got %q in %q", value, variables.WorkingDirectory())
	}
}
