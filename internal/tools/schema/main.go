// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command schema completes the schemas that terraform prints for the documentation
// generator. Terraform before 1.12 omits resource identities, Terraform before 1.14 and
// OpenTofu omit actions and list resources, and docs/ must not depend on the version. It
// also changes the provider's address to the one that the generator expects.
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
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
)

const (
	address          = "registry.terraform.io/planetary-computer/pc"
	generatorAddress = "registry.terraform.io/hashicorp/pc"
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
	schemas, ok := document.Providers[address]
	if !ok {
		return errors.New("the input contains no schema of " + address)
	}
	server, err := providerserver.NewProtocol6WithError(provider.New("docs")())()
	if err != nil {
		return err
	}
	if schemas["resource_identity_schemas"], err = identities(ctx, server); err != nil {
		return err
	}
	response, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return err
	}
	actions, lists := map[string]described{}, map[string]described{}
	for name, action := range response.ActionSchemas {
		actions[name] = describe(action.Schema)
	}
	for name, list := range response.ListResourceSchemas {
		lists[name] = describe(list)
	}
	if schemas["action_schemas"], err = json.Marshal(actions); err != nil {
		return err
	}
	if schemas["list_resource_schemas"], err = json.Marshal(lists); err != nil {
		return err
	}
	delete(document.Providers, address)
	document.Providers[generatorAddress] = schemas
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
func identities(ctx context.Context, server tfprotov6.ProviderServer) (json.RawMessage, error) {
	response, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	schemas := map[string]identity{}
	for name, schema := range response.IdentitySchemas {
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

// described is the schema of an action or a list resource as terraform providers schema
// -json prints it. It does not support nested blocks.
type described struct {
	Version int64 `json:"version"`
	Block   block `json:"block"`
}

type block struct {
	Attributes      map[string]attribute `json:"attributes"`
	Description     string               `json:"description"`
	DescriptionKind string               `json:"description_kind"`
}

type attribute struct {
	Type            tftypes.Type `json:"type,omitempty"`
	NestedType      *nested      `json:"nested_type,omitempty"`
	Description     string       `json:"description"`
	DescriptionKind string       `json:"description_kind"`
	Required        bool         `json:"required,omitempty"`
	Optional        bool         `json:"optional,omitempty"`
}

type nested struct {
	Attributes  map[string]attribute `json:"attributes"`
	NestingMode string               `json:"nesting_mode"`
}

func describe(schema *tfprotov6.Schema) described {
	return described{Version: schema.Version, Block: block{
		Attributes: attributes(schema.Block.Attributes), Description: schema.Block.Description, DescriptionKind: "markdown",
	}}
}

func attributes(all []*tfprotov6.SchemaAttribute) map[string]attribute {
	byName := map[string]attribute{}
	for _, each := range all {
		converted := attribute{Type: each.Type, Description: each.Description, DescriptionKind: "markdown", Required: each.Required, Optional: each.Optional}
		if each.NestedType != nil {
			converted.NestedType = &nested{Attributes: attributes(each.NestedType.Attributes), NestingMode: strings.ToLower(each.NestedType.Nesting.String())}
		}
		byName[each.Name] = converted
	}
	return byName
}
