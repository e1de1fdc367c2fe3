// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package collection has the pc_collection data source and the ephemeral
// pc_sas_token.
package collection

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

var (
	_ datasource.DataSource              = (*collectionDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*collectionDataSource)(nil)
)

type collectionDataSource struct{ clients.DataSource }

type collectionModel struct {
	ID             types.String `tfsdk:"id"`
	Title          types.String `tfsdk:"title"`
	Description    types.String `tfsdk:"description"`
	License        types.String `tfsdk:"license"`
	Region         types.String `tfsdk:"region"`
	StorageAccount types.String `tfsdk:"storage_account"`
	Container      types.String `tfsdk:"container"`
	Assets         types.String `tfsdk:"assets"`
}

// NewDataSource returns the pc_collection data source.
func NewDataSource() datasource.DataSource { return &collectionDataSource{} }

func (d *collectionDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_collection"
}

func (d *collectionDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{MarkdownDescription: description, Computed: true}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A data set of the Planetary Computer, as its STAC API describes it, and where it is: compute belongs into the same Azure region. " +
			"The API is `stac_url` of the provider block; it gets no credentials. Neither the gateway nor the Hub is needed.\n\n" +
			"`region`, `storage_account` and `container` come from fields that the Planetary Computer adds to STAC (`msft:region` and so on). Not every collection has them, " +
			"and other catalogs do not: they are null then, so give a default with `coalesce` where one is needed.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				MarkdownDescription: "The collection's id, for example `sentinel-2-l2a`, as in the address of its page in the [data catalog](https://planetarycomputer.microsoft.com/catalog).",
				Required:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"title":           computed("Display name. Null if it has none."),
			"description":     computed("Description in Markdown."),
			"license":         computed("Its license, as an SPDX identifier or a word such as `proprietary`."),
			"region":          computed("The Azure region in which the data is, for example `westeurope`, as AzureRM's `location` takes it. Null if it is not told."),
			"storage_account": computed("Storage account with the data. Null if the catalog does not report it."),
			"container":       computed("Container in that account. Null if the catalog does not report it."),
			"assets":          computed("The assets of the whole collection, such as thumbnails or a Parquet table of its items: a JSON object by key. Null if there are none."),
		},
	}
}

func (d *collectionDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model collectionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	api, ok := d.Catalog.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	collection, err := api.GetCollection(ctx, model.ID.ValueString())
	if err != nil {
		addCatalogError(&resp.Diagnostics, path.Root("id"), "The collection "+model.ID.ValueString()+" was not read",
			"Its id is in the address of its page in the data catalog. A STAC API has another address than the pages for people: check stac_url in the provider block.", err)
		return
	}
	resp.Diagnostics.Append(model.describe(collection)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

func (m *collectionModel) describe(collection catalog.Collection) diag.Diagnostics {
	m.Title = textOrNull(collection.Title)
	m.Description = textOrNull(collection.Description)
	m.License = textOrNull(collection.License)
	m.Region = textOrNull(collection.Region)
	m.StorageAccount = textOrNull(collection.StorageAccount)
	m.Container = textOrNull(collection.Container)
	var assets map[string]any
	if len(collection.Assets) == 0 {
		return nil
	}
	// Numbers keep all digits, even if no float can represent them.
	decoder := json.NewDecoder(bytes.NewReader(collection.Assets))
	decoder.UseNumber()
	if err := decoder.Decode(&assets); err != nil {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("assets"), "The assets of the collection cannot be read", diagnostics.Sentence(err.Error()))}
	}
	if len(assets) == 0 {
		return nil
	}
	// The keys are sorted, so that another order on the server is not a difference.
	text, err := json.Marshal(assets)
	if err != nil {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("assets"), "The assets of the collection cannot be written", diagnostics.Sentence(err.Error()))}
	}
	m.Assets = types.StringValue(string(text))
	return nil
}

func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// addCatalogError reports a failure of the data services. Their 404 responses have
// different messages, so the caller passes what to check.
func addCatalogError(diags *diag.Diagnostics, at path.Path, summary, lookAt string, err error) {
	failure, ok := errors.AsType[*transport.Error](err)
	switch {
	case catalog.IsNotFound(err):
		diags.AddAttributeError(at, summary, diagnostics.Sentence(err.Error())+"\n\n"+lookAt)
	case ok && failure.Status == http.StatusUnauthorized:
		advice := "The service requires a subscription key. Set subscription_key in the provider block, or PC_SUBSCRIPTION_KEY."
		if failure.CredentialOrigin != "" {
			advice = fmt.Sprintf("The subscription key from %s was not accepted. Correct it, or leave it out: the public service gives tokens without one.", failure.CredentialOrigin)
		}
		diags.AddAttributeError(at, summary, diagnostics.Sentence(err.Error())+"\n\n"+advice)
	default:
		diags.AddAttributeError(at, summary, diagnostics.Explain(err))
	}
}
