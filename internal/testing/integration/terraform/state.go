// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package terraform

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Instance is a resource in the state.
type Instance struct {
	// Address is the address of the resource, for example pc_dask_cluster.test, with
	// the key of for_each or count.
	Address string
	Tainted bool
	// Attributes are the values in the state's JSON.
	Attributes map[string]any
}

// Instances returns the managed resources in the state file, in the order of the file.
// It does not refresh them.
func (w *Workspace) Instances() []Instance {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.dir, "terraform.tfstate"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		w.t.Fatal(err)
	}
	var state struct {
		Resources []struct {
			Mode      string `json:"mode"`
			Type      string `json:"type"`
			Name      string `json:"name"`
			Instances []struct {
				Key        any            `json:"index_key"`
				Status     string         `json:"status"`
				Attributes map[string]any `json:"attributes"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(content, &state); err != nil {
		w.t.Fatal(err)
	}
	var found []Instance
	for _, resource := range state.Resources {
		for _, each := range resource.Instances {
			if resource.Mode != "managed" {
				continue
			}
			address := resource.Type + "." + resource.Name
			if each.Key != nil {
				address += fmt.Sprintf("[%v]", each.Key)
			}
			found = append(found, Instance{Address: address, Tainted: each.Status == "tainted", Attributes: each.Attributes})
		}
	}
	return found
}
