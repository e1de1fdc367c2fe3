// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"context"
	"crypto/rand"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

// The notes of tokens whose configuration has none begin with these.
const (
	resourceNote  = "Managed by Terraform"
	ephemeralNote = "One run of Terraform"
)

// uniqueNote returns a note that no other token has. If the response to the
// creation of the token is lost, the note identifies the token among those of other
// runs.
func uniqueNote(purpose string) string { return purpose + ", " + rand.Text()[:8] }

// generatedNotePattern also matches the note that earlier versions gave to every
// token.
var generatedNotePattern = lazy.Regexp(`^` + resourceNote + `(, [A-Z2-7]{8})?$`)

// keepGeneratedNote plans the note of a token whose configuration has none. It
// keeps a generated note, so that an existing token needs no change. Any other note
// was removed from the configuration: the new token gets a generated one.
type keepGeneratedNote struct{}

func (keepGeneratedNote) Description(context.Context) string {
	return "Without a note, the provider generates one when it creates the token."
}

func (m keepGeneratedNote) MarkdownDescription(ctx context.Context) string {
	return m.Description(ctx)
}

func (keepGeneratedNote) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	switch {
	case !req.ConfigValue.IsNull():
	case generatedNotePattern().MatchString(req.StateValue.ValueString()):
		resp.PlanValue = req.StateValue
	default:
		resp.PlanValue = types.StringUnknown()
	}
}
