// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package interrupts_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// The gateway responds only after an hour, when the test has ended. An interrupted
// query is not an empty list.
func TestInterruption_endsAQuery(t *testing.T) {
	t.Parallel()
	mock, err := mockserver.Start(mockserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mock.Close)
	workspace := terraform.New(t)
	workspace.Require(terraform.ListResources)
	workspace.Setenv("PC_ADDRESS="+mock.GatewayURL(), "PC_API_TOKEN="+mock.NewToken("alice"))
	workspace.Write("main.tf", "provider \"pc\" {\n  request_timeout = \"2h\"\n}\n")
	workspace.Write("all.tfquery.hcl", "list \"pc_dask_cluster\" \"all\" {\n  provider = pc\n}\n")
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/", ResponseDelay: time.Hour})
	process := workspace.Start("query", "-no-color")
	awaitStage(t, mock, interruptedStage{method: http.MethodGet, path: "*/clusters/"})
	process.Interrupt()
	if result := process.Wait(); result.Code == 0 || !strings.Contains(result.Flat(), "the list is not complete, because Terraform was interrupted") {
		t.Errorf("the interrupted query exited with %d:\n%s", result.Code, result.Output)
	}
}
