// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

var (
	_ ephemeral.EphemeralResource                   = (*tokenEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithClose          = (*tokenEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithConfigure      = (*tokenEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithRenew          = (*tokenEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*tokenEphemeralResource)(nil)
)

const (
	// The Hub cannot extend a token, so its lifetime is longer than any run. Close
	// revokes it. The lifetime matters only for a run that is killed.
	defaultTokenLifetime = 12 * time.Hour
	// recheckInterval is the pause before the next lookup of a token that should have
	// expired.
	recheckInterval = time.Minute

	openedTokenKey = "token"
)

type tokenEphemeralResource struct{ clients.EphemeralResource }

// NewEphemeralResource returns the pc_hub_token ephemeral resource.
func NewEphemeralResource() ephemeral.EphemeralResource { return &tokenEphemeralResource{} }

func (e *tokenEphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_hub_token"
}

// ValidateConfig checks the lifetime.
func (e *tokenEphemeralResource) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var config tokenModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	validateLifetime(config.ExpiresIn, "Remove the argument for "+defaultTokenLifetime.String()+".", &resp.Diagnostics)
}

func (e *tokenEphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model tokenModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	request, diags := model.request(ctx, ephemeralNote, defaultTokenLifetime)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if e.Hub.IsUnknown {
		// The apply opens the token again.
		model.markComputedUnknown()
		for _, computed := range []*types.String{&model.User, &model.Note} {
			if computed.IsNull() {
				*computed = types.StringUnknown()
			}
		}
		resp.Diagnostics.Append(resp.Result.Set(ctx, model)...)
		return
	}
	api, ok := e.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	user, ok := clients.HubOwner(ctx, api, model.User, "The token was not created", &resp.Diagnostics)
	if !ok {
		return
	}
	token, err := issueFor(ctx, api, user, request, values.IsKnown(model.ExpiresIn))
	if err != nil {
		addIssueError(&resp.Diagnostics, user, request, err)
		return
	}
	opened := openedToken{ID: token.ID, User: user, Note: token.Note, Created: token.Created, ExpiresAt: token.ExpiresAt}
	if !token.ExpiresAt.IsZero() {
		// The Hub's clock may differ, and has whole seconds.
		opened.LocalExpiry = e.Clock.Now().Add(token.ExpiresAt.Sub(token.Created) + time.Second)
	}
	resp.RenewAt = opened.LocalExpiry
	e.OpenEphemerals.Add(opened.key(), func(ctx context.Context) error { return revoke(ctx, api, opened) })
	resp.Diagnostics.Append(storeOpened(ctx, resp.Private, opened)...)
	model.recordCreated(user, token)
	resp.Diagnostics.Append(resp.Result.Set(ctx, model)...)
}

// issueFor creates the token. A Hub may limit lifetimes to less than the default. A
// request without a lifetime then gets the Hub's maximum.
func issueFor(ctx context.Context, api *hub.Client, user string, request hub.TokenRequest, isLifetimeConfigured bool) (hub.Token, error) {
	token, err := api.IssueToken(ctx, user, request)
	if hub.IsLifetimeTooLong(err) && !isLifetimeConfigured {
		request.ExpiresIn = 0
		return api.IssueToken(ctx, user, request)
	}
	return token, err
}

// Renew checks whether a token that should have expired has done so. A Hub cannot
// extend a token, and a new one would not reach what already uses this one, so the
// run continues. Renew logs the expiry at once. Close warns about it, because
// Terraform shows no warning of a renewal (observed with 1.11.4).
func (e *tokenEphemeralResource) Renew(ctx context.Context, req ephemeral.RenewRequest, resp *ephemeral.RenewResponse) {
	opened, ok := readOpened(ctx, req.Private, &resp.Diagnostics)
	if !ok {
		return
	}
	api, ok := e.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	if _, valid, err := api.FindToken(ctx, opened.User, opened.token()); valid || err != nil {
		resp.RenewAt = e.Clock.Now().Add(recheckInterval)
		return
	}
	tflog.Warn(ctx, "the token expired before the end of the run", map[string]any{"id": opened.ID, "user": opened.User, "expired_at": opened.ExpiresAt})
}

func (e *tokenEphemeralResource) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	opened, ok := readOpened(ctx, req.Private, &resp.Diagnostics)
	if !ok {
		return
	}
	api, ok := e.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	// Terraform exits at a second interrupt, which CI systems send after some seconds. The
	// provider tries again when it exits, so this attempt can be short.
	ctx, cancel := transport.WithGracePeriod(ctx, transport.InterruptedCleanupTimeout)
	defer cancel()
	if err := revoke(ctx, api, opened); err != nil {
		expiry := "It does not expire."
		if !opened.ExpiresAt.IsZero() {
			expiry = "It expires at " + opened.ExpiresAt.UTC().Format(time.RFC3339) + "."
		}
		resp.Diagnostics.AddError("The token "+opened.ID+" of "+opened.User+" was not revoked",
			diagnostics.Explain(err)+fmt.Sprintf("\n\nThe token may still be valid. %s Revoke the one with the note %q on the Hub's page /hub/token.", expiry, opened.Note))
		return
	}
	e.OpenEphemerals.Remove(opened.key())
	if !opened.LocalExpiry.IsZero() && e.Clock.Now().After(opened.LocalExpiry) {
		resp.Diagnostics.AddAttributeWarning(path.Root("expires_in"), "The token "+opened.ID+" of "+opened.User+" expired before the end of the run",
			fmt.Sprintf("It expired at %s, and the Hub cannot extend a token. What used it after that may have failed. "+
				"Set a longer expires_in than the run takes.", opened.ExpiresAt.UTC().Format(time.RFC3339)))
	}
}

func revoke(ctx context.Context, api *hub.Client, opened openedToken) error {
	if err := api.RevokeToken(ctx, opened.User, opened.token()); err != nil {
		return fmt.Errorf("the token %s of %s with the note %q was not revoked: %w", opened.ID, opened.User, opened.Note, err)
	}
	return nil
}
