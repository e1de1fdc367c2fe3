// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build linux

package main

import (
	"fmt"
	"regexp"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// subject is a resource type under test.
type subject struct {
	name string
	// provider is the provider of the type, or "".
	provider string
	// config declares n instances. They change with the variable maximum.
	config string
	// isReplaced is true if the change of maximum requires a replacement.
	isReplaced bool
}

// variables declares the tiles as a map, because Terraform is faster for a map than
// for a set. The less time Terraform takes, the more visible is the provider's
// share.
const variables = `
variable "n" {
  type = number
}

variable "maximum" {
  type = number
}

locals {
  tiles = { for i in range(var.n) : format("tile-%05d", i) => i }
}
`

var subjects = []subject{
	{
		name: bench.SubjectCluster, provider: "terraform-provider-pc",
		config: clustersWith(`options  = { worker_cores = 2, worker_memory = 16, environment = { TILE = each.key } }
  adapt    = { minimum = 0, maximum = var.maximum }`),
	},
	{
		name: bench.TimeStatic, provider: "terraform-provider-time", isReplaced: true,
		config: `
terraform {
  required_providers {
    time = {
      source = "registry.terraform.io/hashicorp/time"
    }
  }
}

resource "time_static" "tile" {
  for_each = local.tiles
  triggers = { tile = each.key, maximum = var.maximum }
}
`,
	},
	{
		name: bench.TerraformData, config: dataResources("local.tiles"),
	},
}

// repetitions are the forms of declaring n resources, with their names in the
// guide.
var repetitions = []struct{ form, config string }{
	{"`count`", "\nresource \"terraform_data\" \"tile\" {\n  count = var.n\n  input = { tile = count.index, maximum = var.maximum }\n}\n"},
	{"`for_each` over a map", dataResources("local.tiles")},
	{"`for_each` over a set", "\nlocals {\n  set = toset(keys(local.tiles))\n}\n" + dataResources("local.set")},
}

// dataResources returns the configuration of one terraform_data resource per tile.
func dataResources(tiles string) string {
	return `
resource "terraform_data" "tile" {
  for_each = ` + tiles + `
  input    = { tile = each.key, maximum = var.maximum }
}
`
}

// clustersWith returns the configuration of n clusters with these arguments.
func clustersWith(arguments string) string {
	return `
terraform {
  required_providers {
    pc = {
      source = "registry.terraform.io/planetary-computer/pc"
    }
  }
}

provider "pc" {}

resource "pc_dask_cluster" "tile" {
  for_each = local.tiles
  ` + arguments + `
}
`
}

// step is a command of a round.
type step struct {
	operation string
	arguments []string
	maximum   int
	// done is the text that terraform prints on success.
	done func(n int, replaced bool) string
}

var steps = []step{
	{bench.Create, []string{"apply", "-auto-approve"}, 10, func(n int, _ bool) string {
		return fmt.Sprintf("Resources: %d added, 0 changed, 0 destroyed.", n)
	}},
	// With -detailed-exitcode, terraform would exit with 2 for changes.
	{bench.Plan, []string{"plan"}, 10, func(int, bool) string { return "No changes." }},
	{bench.Resize, []string{"apply", "-auto-approve"}, 20, func(n int, replaced bool) string {
		if replaced {
			return fmt.Sprintf("Resources: %d added, 0 changed, %d destroyed.", n, n)
		}
		return fmt.Sprintf("Resources: 0 added, %d changed, 0 destroyed.", n)
	}},
	{bench.Destroy, []string{"destroy", "-auto-approve"}, 20, func(n int, _ bool) string {
		return fmt.Sprintf("Resources: %d destroyed.", n)
	}},
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// checkClusters checks that the operation left the expected clusters on the
// gateway.
func checkClusters(server *mockserver.Server, operation string, n int) error {
	running, resized := 0, 0
	for _, cluster := range server.Clusters(user) {
		if cluster.Status != "RUNNING" {
			continue
		}
		running++
		if fmt.Sprint(cluster.Maximum) == "20" {
			resized++
		}
	}
	want := n
	if operation == bench.Destroy {
		want = 0
	}
	if running != want || (operation == bench.Resize && resized != n) {
		return fmt.Errorf("after %s of %d clusters %d run on the gateway, %d of them resized", operation, n, running, resized)
	}
	return nil
}
