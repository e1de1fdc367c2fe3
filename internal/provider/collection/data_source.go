// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package collection provides the pc_collection data source and the pc_sas_token
// ephemeral resource.
package collection

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

var (
	_ datasource.DataSource              = (*collectionDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*collectionDataSource)(nil)
)

type collectionDataSource struct{ clients.DataSource }

type collectionModel struct {
	ID             types.String `tfsdk:"id"`
	GeoCatalogURL  types.String `tfsdk:"geocatalog_url"`
	Title          types.String `tfsdk:"title"`
	Description    types.String `tfsdk:"description"`
	License        types.String `tfsdk:"license"`
	Region         types.String `tfsdk:"region"`
	StorageAccount types.String `tfsdk:"storage_account"`
	Container      types.String `tfsdk:"container"`
	Assets         types.String `tfsdk:"assets"`
	ItemAssets     types.String `tfsdk:"item_assets"`
	Extent         types.Object `tfsdk:"extent"`
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
		MarkdownDescription: "Reads a data set of the Planetary Computer from its STAC API, or from a GeoCatalog (Planetary Computer Pro), without a gateway or a Hub. " +
			"Run your computations in the `region` of the data.\n\n" +
			"`region`, `storage_account` and `container` come from STAC fields of the Planetary Computer (`msft:region` and so on). " +
			"For a GeoCatalog, the region comes from its host name, and the others from the addresses of the collection's or an item's assets. They are null if unknown.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				MarkdownDescription: "ID of the collection, as in the address of its page in the [data catalog](https://planetarycomputer.microsoft.com/catalog).",
				Required:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"geocatalog_url": schema.StringAttribute{
				MarkdownDescription: "Address of the GeoCatalog with the collection, for configurations that use both catalogs. Default: the provider block's `stac_url`, then its `geocatalog_url`, then the public catalog.",
				Optional:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"title":           computed("Display name. Null if it has none."),
			"description":     computed("Description in Markdown."),
			"license":         computed("An SPDX identifier or a word such as `proprietary`."),
			"region":          computed("Azure region of the data, as in AzureRM's `location`."),
			"storage_account": computed("Storage account with the data."),
			"container":       computed("Container in `storage_account`."),
			"assets":          computed("Assets of the whole collection, such as a thumbnail or a Parquet table of its items: a JSON object by key. Null if there are none."),
			"item_assets":     computed("Assets of each item, with types and bands: a JSON object by key. Null if the collection does not describe them."),
			"extent": schema.SingleNestedAttribute{
				MarkdownDescription: "Area and time of the data. The first element of each list is about the whole collection, the others about its parts.",
				Computed:            true,
				Attributes: map[string]schema.Attribute{
					"bbox": schema.ListAttribute{
						MarkdownDescription: "Boxes in WGS 84: west, south, east, north. With heights: west, south, lowest, east, north, highest.",
						Computed:            true,
						ElementType:         types.ListType{ElemType: types.Float64Type},
					},
					"interval": schema.ListAttribute{
						MarkdownDescription: "Pairs of start and end, in RFC 3339. An open end is null.",
						Computed:            true,
						ElementType:         types.ListType{ElemType: types.StringType},
					},
				},
			},
		},
	}
}

func (d *collectionDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model collectionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	api, ok := d.CollectionsAt(model.GeoCatalogURL, &resp.Diagnostics).Get(&resp.Diagnostics)
	if !ok {
		return
	}
	collection, err := api.GetCollection(ctx, model.ID.ValueString())
	if err != nil {
		addCatalogError(&resp.Diagnostics, path.Root("id"), "The collection "+model.ID.ValueString()+" was not read",
			catalogAdvice{
				notFound:    "Its ID is in the address of its page in the data catalog. The address of a STAC API differs from that of these pages: check stac_url in the provider block.",
				keyRequired: "The STAC API requires credentials, and the provider sends it none. Check stac_url in the provider block.",
			}, err)
		return
	}
	resp.Diagnostics.Append(model.describe(collection)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

func (m *collectionModel) describe(collection catalog.Collection) diag.Diagnostics {
	m.Title = values.StringOrNull(collection.Title)
	m.Description = values.StringOrNull(collection.Description)
	m.License = values.StringOrNull(collection.License)
	m.Region = values.StringOrNull(collection.Region)
	m.StorageAccount = values.StringOrNull(collection.StorageAccount)
	m.Container = values.StringOrNull(collection.Container)
	m.Extent = extentOf(collection.Extent)
	var diags diag.Diagnostics
	m.Assets = sortedJSON("assets", collection.Assets, &diags)
	m.ItemAssets = sortedJSON("item_assets", collection.ItemAssets, &diags)
	return diags
}

// sortedJSON returns a JSON object with sorted keys, so that another order in the server's
// response does not change the attribute.
func sortedJSON(attribute string, content []byte, diags *diag.Diagnostics) types.String {
	var members map[string]any
	if len(content) == 0 {
		return types.StringNull()
	}
	// UseNumber preserves the digits of numbers, also of those that a float cannot represent.
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	err := decoder.Decode(&members)
	if err == nil && len(members) == 0 {
		return types.StringNull()
	}
	text, encodeErr := json.Marshal(members)
	if err = errors.Join(err, encodeErr); err != nil {
		diags.AddAttributeError(path.Root(attribute), "The "+attribute+" of the collection cannot be read", diagnostics.Sentence(err.Error()))
	}
	return types.StringValue(string(text))
}

var (
	bboxType     = types.ListType{ElemType: types.Float64Type}
	intervalType = types.ListType{ElemType: types.StringType}
)

func extentOf(extent catalog.Extent) types.Object {
	boxes, intervals := make([]attr.Value, 0, len(extent.BBoxes)), make([]attr.Value, 0, len(extent.Intervals))
	for _, box := range extent.BBoxes {
		coordinates := make([]attr.Value, 0, len(box))
		for _, coordinate := range box {
			coordinates = append(coordinates, types.Float64Value(coordinate))
		}
		boxes = append(boxes, types.ListValueMust(types.Float64Type, coordinates))
	}
	for _, interval := range extent.Intervals {
		ends := []attr.Value{types.StringPointerValue(interval[0]), types.StringPointerValue(interval[1])}
		intervals = append(intervals, types.ListValueMust(types.StringType, ends))
	}
	return types.ObjectValueMust(
		map[string]attr.Type{"bbox": types.ListType{ElemType: bboxType}, "interval": types.ListType{ElemType: intervalType}},
		map[string]attr.Value{"bbox": types.ListValueMust(bboxType, boxes), "interval": types.ListValueMust(intervalType, intervals)},
	)
}

// catalogAdvice is what to do about responses that mean something else at each of the
// data services.
type catalogAdvice struct {
	notFound string
	// keyRequired is for a service that rejects a request without a subscription key.
	keyRequired string
}

// addCatalogError reports a failure of the data services.
func addCatalogError(diags *diag.Diagnostics, attribute path.Path, summary string, advice catalogAdvice, err error) {
	failure, ok := errors.AsType[*transport.Error](err)
	switch {
	case ok && failure.Scheme == transport.SchemeBearer && geoCatalogAdvice(failure) != "":
		diags.AddAttributeError(attribute, summary, diagnostics.Sentence(err.Error())+"\n\n"+geoCatalogAdvice(failure))
	case catalog.IsNotFound(err):
		diags.AddAttributeError(attribute, summary, diagnostics.Sentence(err.Error())+"\n\n"+advice.notFound)
	case ok && failure.Scheme == "" && (failure.Status == http.StatusUnauthorized || failure.Status == http.StatusForbidden && failure.IsJSONError):
		diags.AddAttributeError(attribute, summary, diagnostics.Sentence(err.Error())+"\n\n"+advice.keyRequired)
	case ok && failure.Status == http.StatusUnauthorized:
		diags.AddAttributeError(attribute, summary, diagnostics.Sentence(err.Error())+"\n\n"+
			fmt.Sprintf("The service rejected the subscription key from %s. Correct it or remove it: the public service issues tokens without a key.", failure.CredentialOrigin))
	default:
		diags.AddAttributeError(attribute, summary, diagnostics.Explain(err))
	}
}

// geoCatalogAdvice returns what to do if a GeoCatalog or Microsoft Entra rejects a
// request, or "".
func geoCatalogAdvice(failure *transport.Error) string {
	switch {
	case failure.Kind == transport.KindCredentials:
		return "Configure the credential in the provider block or in ARM_* variables, as for AzureRM. For the Azure CLI, run `az login` first."
	case failure.Status == http.StatusUnauthorized:
		return "The GeoCatalog did not accept the token of Microsoft Entra. Check that tenant_id is the tenant of the GeoCatalog."
	case failure.Kind == transport.KindRedirect:
		return "The provider follows no redirect, so that the token of Microsoft Entra reaches no other server. Check geocatalog_url, and what is in front of the GeoCatalog."
	case failure.Status == http.StatusForbidden && !failure.IsJSONError:
		return "The response probably comes from a proxy or a firewall in front of " + failure.Host + ": check that the network of this machine may reach the GeoCatalog. " +
			"If it comes from the GeoCatalog itself, the identity needs the role \"GeoCatalog Reader\"."
	case failure.Status == http.StatusForbidden:
		return "The identity needs the role \"GeoCatalog Reader\" on the GeoCatalog. A new role assignment can take minutes to become effective: run the command again then."
	case failure.Status == http.StatusNotFound:
		return "Check the ID of the collection, and geocatalog_url. A GeoCatalog issues SAS tokens only for collections that have assets."
	case failure.Status == http.StatusBadRequest:
		return "The provider uses version " + catalog.APIVersion + " of the API. If the GeoCatalog does not have it, look for a newer version of the provider."
	default:
		return ""
	}
}
