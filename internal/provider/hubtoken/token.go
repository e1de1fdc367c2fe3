// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// tokenModel has the attributes of the resource and of the ephemeral resource.
type tokenModel struct {
	User      types.String         `tfsdk:"user"`
	Note      types.String         `tfsdk:"note"`
	ExpiresIn timetypes.GoDuration `tfsdk:"expires_in"`
	Scopes    types.Set            `tfsdk:"scopes"`
	Roles     types.Set            `tfsdk:"roles"`
	ID        types.String         `tfsdk:"id"`
	Token     types.String         `tfsdk:"token"`
	CreatedAt timetypes.RFC3339    `tfsdk:"created_at"`
	ExpiresAt timetypes.RFC3339    `tfsdk:"expires_at"`
}

const (
	userDescription   = "Owner of the token. Default: the owner of the provider's token; required if that is a service. The provider's token needs the scope `tokens!user=NAME`."
	scopesDescription = "Scopes of the token, which its user must hold. Conflicts with `roles`. Default: everything that the user may do. Requires JupyterHub 3."
	rolesDescription  = "Roles whose scopes the token gets. JupyterHub 3 and later resolve them once, at creation. Requires JupyterHub 2."
)

func nonEmptyStrings() []validator.Set {
	return []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))}
}

func scopesValidators() []validator.Set {
	return append(nonEmptyStrings(), setvalidator.ConflictsWith(path.MatchRoot("roles")))
}

// Format prints the type only, so that no log contains the token.
func (m tokenModel) Format(state fmt.State, _ rune) { diagnostics.WriteType(state, m) }

// request describes the token to create. Without a note in the configuration, the
// token gets a unique one that begins with purpose.
func (m *tokenModel) request(ctx context.Context, purpose string, defaultLifetime time.Duration) (hub.TokenRequest, diag.Diagnostics) {
	request := hub.TokenRequest{Note: m.Note.ValueString(), ExpiresIn: values.DurationOr(m.ExpiresIn, defaultLifetime)}
	if !values.IsKnown(m.Note) {
		request.Note, request.HasUniqueNote = uniqueNote(purpose), true
	}
	diags := m.Scopes.ElementsAs(ctx, &request.Scopes, false)
	diags.Append(m.Roles.ElementsAs(ctx, &request.Roles, false)...)
	return request, diags
}

// markComputedUnknown plans the values of a new token.
func (m *tokenModel) markComputedUnknown() {
	m.ID, m.Token = types.StringUnknown(), types.StringUnknown()
	m.CreatedAt, m.ExpiresAt = timetypes.NewRFC3339Unknown(), timetypes.NewRFC3339Unknown()
}

// recordCreated sets the attributes of a new token. Only the response to its creation
// has the value.
func (m *tokenModel) recordCreated(user string, token hub.Token) {
	m.recordToken(user, token)
	m.Token = types.StringValue(token.Value.Reveal())
}

// recordToken sets the attributes that the Hub reports at any time.
func (m *tokenModel) recordToken(user string, token hub.Token) {
	m.User = types.StringValue(user)
	m.ID = types.StringValue(token.ID)
	m.Note = types.StringValue(token.Note)
	m.CreatedAt = exactTimeOrNull(token.Created)
	m.ExpiresAt = exactTimeOrNull(token.ExpiresAt)
}

// exactTimeOrNull keeps the microseconds that the Hub reports: they distinguish
// two tokens of the same second.
func exactTimeOrNull(moment time.Time) timetypes.RFC3339 {
	if moment.IsZero() {
		return timetypes.NewRFC3339Null()
	}
	return timetypes.NewRFC3339ValueMust(moment.UTC().Format(time.RFC3339Nano))
}
