// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command schema completes the schemas that terraform prints for the documentation
// generator. Terraform before 1.12 omits resource identities, and docs/ must not depend
// on the version. It also changes the provider's address to the one that the generator
// expects.
//
// It reads the output of terraform providers schema -json and prints it completed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
)

const (
	address     = "registry.terraform.io/planetary-computer/pc"
	generatorAs = "registry.terraform.io/hashicorp/pc"
)

func main() {
	if err := complete(context.Background(), os.Stdin, os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func complete(ctx context.Context, in io.Reader, out io.Writer) error {
	var document struct {
		FormatVersion string                                `json:"format_version"`
		Providers     map[string]map[string]json.RawMessage `json:"provider_schemas"`
	}
	if err := json.NewDecoder(in).Decode(&document); err != nil {
		return err
	}
	ours, ok := document.Providers[address]
	if !ok {
		return errors.New("there is no schema of " + address)
	}
	identities, err := identities(ctx)
	if err != nil {
		return err
	}
	ours["resource_identity_schemas"] = identities
	delete(document.Providers, address)
	document.Providers[generatorAs] = ours
	return json.NewEncoder(out).Encode(document)
}

type identityAttribute struct {
	Type              json.RawMessage `json:"type"`
	Description       string          `json:"description,omitempty"`
	RequiredForImport bool            `json:"required_for_import,omitempty"`
	OptionalForImport bool            `json:"optional_for_import,omitempty"`
}

type identity struct {
	Version    int64                        `json:"version"`
	Attributes map[string]identityAttribute `json:"attributes"`
}

// identities returns the identity schemas of the provider.
func identities(ctx context.Context) (json.RawMessage, error) {
	server, err := providerserver.NewProtocol6WithError(provider.New("docs")())()
	if err != nil {
		return nil, err
	}
	answer, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	schemas := map[string]identity{}
	for name, schema := range answer.IdentitySchemas {
		described := identity{Version: schema.Version, Attributes: map[string]identityAttribute{}}
		for _, attribute := range schema.IdentityAttributes {
			typ, err := json.Marshal(attribute.Type)
			if err != nil {
				return nil, err
			}
			described.Attributes[attribute.Name] = identityAttribute{
				Type: typ, Description: attribute.Description,
				RequiredForImport: attribute.RequiredForImport, OptionalForImport: attribute.OptionalForImport,
			}
		}
		schemas[name] = described
	}
	return json.Marshal(schemas)
}
