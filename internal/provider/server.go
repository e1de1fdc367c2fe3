// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// address is the provider's in the registry.
const address = "registry.terraform.io/planetary-computer/pc"

// completeServer is all that Terraform can ask of a provider.
type completeServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// server is the framework's, but that it lets go of what belongs to a call when
// the call has ended. The framework keeps a function that cancels each call until
// the provider stops (internal/proto6server/serve.go), and with it the call's
// context, loggers and stream: 14 KiB for each of the four calls that a resource
// takes in a plan. What is called once in a run is left to it.
type server struct{ completeServer }

// Serve serves the provider to the Terraform that has started this process, and
// returns when that ends it. With debugged it runs on its own, until it is
// interrupted, and prints the TF_REATTACH_PROVIDERS to use.
func Serve(create func() provider.Provider, debugged bool) error {
	collectLess()
	var options []tf6server.ServeOpt
	if debugged {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(address, func() tfprotov6.ProviderServer { return NewServer(create()) }, options...)
}

// garbage is how much of it there may be, in percent of what is in use, which is
// about ten MiB. Each call makes a megabyte, and with Go's own 100 percent a third
// of a plan's CPU time would go into collecting it.
const garbage = 400

// collectLess leaves the garbage collector alone if a person has set it.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}

// NewServer serves a provider to Terraform by version 6 of the plugin protocol.
func NewServer(p provider.Provider) tfprotov6.ProviderServer {
	served := providerserver.NewProtocol6(p)()
	if complete, ok := served.(completeServer); ok {
		return &server{complete}
	}
	return served
}

func (s *server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return call(ctx, req, s.completeServer.ValidateResourceConfig)
}

func (s *server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return call(ctx, req, s.completeServer.UpgradeResourceState)
}

func (s *server) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return call(ctx, req, s.completeServer.UpgradeResourceIdentity)
}

func (s *server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return call(ctx, req, s.completeServer.ReadResource)
}

func (s *server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return call(ctx, req, s.completeServer.PlanResourceChange)
}

func (s *server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return call(ctx, req, s.completeServer.ApplyResourceChange)
}

func (s *server) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return call(ctx, req, s.completeServer.ImportResourceState)
}

func (s *server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return call(ctx, req, s.completeServer.ValidateDataResourceConfig)
}

func (s *server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return call(ctx, req, s.completeServer.ReadDataSource)
}

func (s *server) CallFunction(ctx context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return call(ctx, req, s.completeServer.CallFunction)
}

// call lends the context to one call.
func call[Request, Response any](ctx context.Context, req Request, do func(context.Context, Request) (Response, error)) (Response, error) {
	lent := &lentContext{}
	lent.owner.Store(&ctx)
	defer lent.owner.Store(&ended)
	return do(lent, req)
}

// ended stands where the context of a call was that has ended.
var ended = context.Background()

// lentContext is another context until it is given back, and then has no values
// and no end. The owner itself ends with its call, which ends all that was made
// of it while it was lent.
type lentContext struct {
	owner atomic.Pointer[context.Context]
}

func (c *lentContext) Deadline() (time.Time, bool) { return (*c.owner.Load()).Deadline() }
func (c *lentContext) Done() <-chan struct{}       { return (*c.owner.Load()).Done() }
func (c *lentContext) Err() error                  { return (*c.owner.Load()).Err() }
func (c *lentContext) Value(key any) any           { return (*c.owner.Load()).Value(key) }
