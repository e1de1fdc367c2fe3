// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// registryAddress is the provider's address in the registry.
const registryAddress = "registry.terraform.io/planetary-computer/pc"

// completeServer has every method of the plugin protocol that Terraform can call.
type completeServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// server releases per-call state when a call returns. The framework keeps a cancel
// function for each call until the provider exits (terraform-plugin-framework
// 1.19.0, internal/proto6server/serve.go), and with it the context, loggers and
// stream of the call: 14 KiB for each of the four calls that a resource needs in
// a plan, 145 MiB in a plan of 1,000 clusters, which needs 64 MiB with it. Calls that
// Terraform makes once in a run keep their context.
//
// The framework also cancels only the calls that run when Terraform stops the provider.
// The server cancels later calls as well, so that nothing new starts: Terraform may
// have sent the next call before it received the interrupt.
//
// The server also makes all diagnostics presentable.
type server struct {
	completeServer
	stopping stopping
}

// Serve serves the provider to the Terraform that started this process, and
// returns when Terraform ends it. In debug mode it runs independently until it is
// interrupted, and prints the TF_REATTACH_PROVIDERS to use.
func Serve(create func() provider.Provider, debugMode bool) error {
	setGCPercent()
	setMemoryLimit()
	var options []tf6server.ServeOpt
	if debugMode {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(registryAddress, func() tfprotov6.ProviderServer { return NewServer(create()) }, options...)
}

// gcPercent is the GOGC value that the provider sets. About ten MiB are live and
// each call allocates one: with Go's default of 100 percent the garbage collector
// would take a third of a plan's CPU time. With 800 percent a plan of 1,000 clusters
// needs 86 MiB.
const gcPercent = 800

// setGCPercent respects a GOGC that the user has set.
func setGCPercent() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// memoryLimit is the GOMEMLIMIT value that the provider sets: three times what a plan
// of 1,000 clusters needs. Above it the garbage collector runs more often than
// gcPercent requires. It does not include the program itself, which needs 40 MiB: both
// together stay below 300 MiB.
const memoryLimit = 224 << 20

// setMemoryLimit respects a GOMEMLIMIT that the user has set.
func setMemoryLimit() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// NewServer returns a server of version 6 of the plugin protocol.
func NewServer(p provider.Provider) tfprotov6.ProviderServer {
	served := providerserver.NewProtocol6(p)()
	if complete, ok := served.(completeServer); ok {
		return &server{completeServer: complete}
	}
	return served
}

func (s *server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	resp, err := call(ctx, req, s.completeServer.ValidateResourceConfig)
	if resp != nil {
		resp.Diagnostics = presentable(s.locateFractions(ctx, resp.Diagnostics, req.Config, resourceSchema(req.TypeName)))
	}
	return resp, err
}

func (s *server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	resp, err := call(ctx, req, s.completeServer.UpgradeResourceState)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	resp, err := call(ctx, req, s.completeServer.UpgradeResourceIdentity)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := callUnlessStopped(ctx, s, req, s.completeServer.ReadResource)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := callUnlessStopped(ctx, s, req, s.completeServer.PlanResourceChange)
	if resp != nil {
		resp.Diagnostics = presentable(s.locateFractions(ctx, resp.Diagnostics, req.Config, resourceSchema(req.TypeName)))
	}
	return resp, err
}

func (s *server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := callUnlessStopped(ctx, s, req, s.completeServer.ApplyResourceChange)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	resp, err := callUnlessStopped(ctx, s, req, s.completeServer.ImportResourceState)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	resp, err := call(ctx, req, s.completeServer.ValidateDataResourceConfig)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	resp, err := callUnlessStopped(ctx, s, req, s.completeServer.ReadDataSource)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) CallFunction(ctx context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return call(ctx, req, s.completeServer.CallFunction)
}

func (s *server) ValidateProviderConfig(ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	resp, err := s.completeServer.ValidateProviderConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = presentable(s.locateFractions(ctx, resp.Diagnostics, req.Config, providerSchema))
	}
	return resp, err
}

// ConfigureProvider starts a run. A provider in debug mode serves several runs.
func (s *server) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	s.stopping.reset()
	resp, err := s.completeServer.ConfigureProvider(ctx, req)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

// StopProvider cancels the calls that are under way, and those that begin later.
func (s *server) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	s.stopping.stop()
	return s.completeServer.StopProvider(ctx, req)
}

func (s *server) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	resp, err := s.completeServer.ValidateEphemeralResourceConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	resp, err := callUnlessStopped(ctx, s, req, s.completeServer.OpenEphemeralResource)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) RenewEphemeralResource(ctx context.Context, req *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	ctx, release := s.stopping.attach(ctx)
	defer release()
	resp, err := s.completeServer.RenewEphemeralResource(ctx, req)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

// CloseEphemeralResource runs with a cancelled context if Terraform has stopped the
// provider before. A Close that must finish after an interrupt limits its time itself.
func (s *server) CloseEphemeralResource(ctx context.Context, req *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	ctx, release := s.stopping.attach(ctx)
	defer release()
	resp, err := s.completeServer.CloseEphemeralResource(ctx, req)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) ValidateListResourceConfig(ctx context.Context, req *tfprotov6.ValidateListResourceConfigRequest) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	resp, err := s.completeServer.ValidateListResourceConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = presentable(resp.Diagnostics)
	}
	return resp, err
}

func (s *server) ValidateActionConfig(ctx context.Context, req *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	resp, err := s.completeServer.ValidateActionConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = presentable(s.locateFractions(ctx, resp.Diagnostics, req.Config, actionSchema(req.ActionType)))
	}
	return resp, err
}

func (s *server) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	resp, err := s.completeServer.PlanAction(ctx, req)
	if resp != nil {
		resp.Diagnostics = presentable(s.locateFractions(ctx, resp.Diagnostics, req.Config, actionSchema(req.ActionType)))
	}
	return resp, err
}

func (s *server) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	ctx, release := s.stopping.attach(ctx)
	stream, err := s.completeServer.InvokeAction(ctx, req)
	if stream == nil {
		release()
		return nil, err
	}
	events := stream.Events
	return &tfprotov6.InvokeActionServerStream{Events: func(push func(tfprotov6.InvokeActionEvent) bool) {
		defer release()
		for event := range events {
			switch typed := event.Type.(type) {
			case tfprotov6.ProgressInvokeActionEventType:
				event.Type = tfprotov6.ProgressInvokeActionEventType{Message: presentableLine(typed.Message)}
			case tfprotov6.CompletedInvokeActionEventType:
				event.Type = tfprotov6.CompletedInvokeActionEventType{Diagnostics: presentable(typed.Diagnostics)}
			}
			if !push(event) {
				return
			}
		}
	}}, err
}

// callUnlessStopped is call with a context that is cancelled when Terraform stops the
// provider, or has done so before.
func callUnlessStopped[Request, Response any](ctx context.Context, s *server, req Request, do func(context.Context, Request) (Response, error)) (Response, error) {
	ctx, release := s.stopping.attach(ctx)
	defer release()
	return call(ctx, req, do)
}

// stopping records whether Terraform has stopped the provider since it configured
// it. The zero value is ready to use.
type stopping struct {
	mu        sync.Mutex
	isStopped bool
	cancels   map[*context.CancelFunc]bool
}

// attach returns a context that is cancelled when Terraform stops the provider. The
// caller must call release.
func (s *stopping) attach(ctx context.Context) (attached context.Context, release context.CancelFunc) {
	attached, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isStopped {
		cancel()
		return attached, cancel
	}
	if s.cancels == nil {
		s.cancels = map[*context.CancelFunc]bool{}
	}
	s.cancels[&cancel] = true
	return attached, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.cancels, &cancel)
		cancel()
	}
}

func (s *stopping) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isStopped = true
	for cancel := range s.cancels {
		(*cancel)()
	}
	clear(s.cancels)
}

func (s *stopping) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isStopped = false
}

// call runs one call with a context that releases the caller's context when the
// call returns.
func call[Request, Response any](ctx context.Context, req Request, do func(context.Context, Request) (Response, error)) (Response, error) {
	callCtx := &callContext{}
	callCtx.caller.Store(&ctx)
	defer callCtx.caller.Store(&returned)
	return do(callCtx, req)
}

// returned replaces the caller's context after the call. It is cancelled, has no
// values and never changes again.
var returned = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// callContext is the caller's context until the call returns, and a cancelled
// context without values for ever after.
type callContext struct {
	caller atomic.Pointer[context.Context]
}

func (c *callContext) Deadline() (time.Time, bool) { return (*c.caller.Load()).Deadline() }
func (c *callContext) Done() <-chan struct{}       { return (*c.caller.Load()).Done() }
func (c *callContext) Err() error                  { return (*c.caller.Load()).Err() }
func (c *callContext) Value(key any) any           { return (*c.caller.Load()).Value(key) }
