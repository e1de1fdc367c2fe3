// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// The sources of the cases. The specification is Azure/azure-rest-api-specs.
const (
	// fromClient is what azure-planetarycomputer 1.0.0 sends and accepts, seen on loopback.
	fromClient = "azure-planetarycomputer 1.0.0, azure/planetarycomputer/operations/_operations.py"
	// fromExamples is a recorded response.
	fromExamples = fromClient + "; the specification's recorded examples, "
	// fromSpecification is text of the specification.
	fromSpecification = fromClient + "; the specification, sas.tsp"
	// fromErrorModel is the model that the client reads errors with. Bodies are not recorded.
	fromErrorModel = "azure-planetarycomputer 1.0.0 (ErrorInfo); no recorded response"
)

const (
	version = "?api-version=2026-04-15"

	// firesHref is a blob of the collection. Containers have the name of the collection and
	// eight hexadecimal digits in the recorded examples.
	firesHref = "https://account1.blob.core.windows.net/fires-0a1b2c3d/0a1/fire-1/image.tif"
)

// GeoCatalogCollections returns the collections that a target must have, by ID, and the
// item collection of each. They have the members of the recorded ones: none names a region,
// a storage account or a container.
func GeoCatalogCollections() (collections, items map[string]string) {
	return map[string]string{"fires": `{"type": "Collection", "stac_version": "1.0.0", "stac_extensions": [], "id": "fires", "title": "Fires", "description": "Burnt areas.", "license": "CC-BY-4.0",
			"extent": {"spatial": {"bbox": [[-10, 35, 30.5, 60]]}, "temporal": {"interval": [["2024-01-01T00:00:00Z", null]]}},
			"assets": {"thumbnail": {"href": "https://account1.blob.core.windows.net/fires-0a1b2c3d/collection-assets/thumbnail/thumbnail.png", "type": "image/png", "title": "Fires", "roles": ["thumbnail"]}},
			"item_assets": {"image": {"type": "image/tiff; application=geotiff", "title": "Image", "roles": ["data"]}}, "providers": [], "summaries": {},
			"links": [], "msft:_created": "2026-01-01T00:00:00.000000Z", "msft:_updated": "2026-01-02T00:00:00.000000Z"}`},
		map[string]string{"fires": `{"type": "FeatureCollection", "links": [], "features": [{"type": "Feature", "stac_version": "1.0.0", "id": "fire-1", "collection": "fires", "geometry": null, "bbox": [0, 40, 1, 41],
			"properties": {"datetime": "2024-01-02T00:00:00Z"}, "links": [], "assets": {"image": {"href": "` + firesHref + `", "type": "image/tiff; application=geotiff"}}}]}`}
}

// GeoCatalogCases returns what the provider relies on.
func GeoCatalogCases() []GeoCatalogCase {
	const authenticationError, notFoundError, otherError = "ClientAuthenticationError", "ResourceNotFoundError", "HttpResponseError"
	collection, token := "/stac/collections/fires"+version, "/sas/token/fires"+version
	readCollection, getSignature := `client.stac.get_collection("fires")`, `client.sas.get_token("fires")`
	return []GeoCatalogCase{
		{Name: "collection", Source: fromExamples + "StacCollections_Get.json", Path: collection, Call: readCollection, Response: geoCatalogOK(map[string]string{
			"type": `"Collection"`, "id": `"fires"`, "stac_version": `"1.0.0"`, "stac_extensions": "<<array>>", "title": `"<<any>>"`, "description": `"<<any>>"`, "license": `"<<any>>"`,
			"extent": "{<<any>>}", "links": "<<array>>", "providers": "<<array>>", "summaries": "{<<any>>}",
			"assets": "{<<any>>}", "item_assets": "{<<any>>}", "msft:_created": `"<<time>>"`, "msft:_updated": `"<<time>>"`,
		})},
		{Name: "items of a collection", Source: fromExamples + "StacItems_GetFeatures.json", Path: "/stac/collections/fires/items" + version + "&limit=1", Call: `client.stac.get_item_collection("fires", limit=1)`, Response: geoCatalogOK(map[string]string{
			"type": `"FeatureCollection"`, "features": "[<<any>>]", "links": "<<any>>",
		})},
		{Name: "SAS token", Source: fromExamples + "Sas_GetToken.json", Path: token, Call: getSignature, IsSigned: true, Response: geoCatalogToken()},
		{Name: "SAS token for a duration in minutes", Source: fromSpecification, IsAssumed: true, Path: token + "&duration=90", Call: `client.sas.get_token("fires", duration_in_minutes=90)`, IsSigned: true, Response: geoCatalogToken()},
		{Name: "signed address of a blob", Source: fromExamples + "Sas_GetSign.json", Path: "/sas/sign" + version + "&href=https%3A%2F%2Faccount1.blob.core.windows.net%2Ffires-0a1b2c3d%2F0a1%2Ffire-1%2Fimage.tif", Call: `client.sas.get_url(href="` + firesHref + `")`, IsSigned: true, Response: geoCatalogOK(map[string]string{"msft:expiry": `"<<time>>"`, "href": `"` + firesHref + `?<<any>>"`})},
		{Name: "address outside Azure Blob Storage stays unsigned", Source: fromSpecification, Path: "/sas/sign" + version + "&href=https%3A%2F%2Fexample.com%2Fimage.tif", Call: `client.sas.get_url(href="https://example.com/image.tif")`, Response: geoCatalogOK(map[string]string{"href": `"https://example.com/image.tif"`})},
		{Name: "ID is one path element", Source: fromClient, IsAssumed: true, Path: "/stac/collections/a%20b%2Fc%3Fd" + version, Call: `client.stac.get_collection("a b/c?d")`, Raises: notFoundError, Response: geoCatalogError(http.StatusNotFound, "NotFound")},

		{Name: "no token", Source: fromErrorModel, IsAssumed: true, Identity: Anonymous, Path: collection, Response: geoCatalogUnauthorized()},
		{Name: "unknown token", Source: fromErrorModel, IsAssumed: true, Identity: Stranger, Path: collection, Call: readCollection, Raises: authenticationError, Response: geoCatalogUnauthorized()},
		{Name: "expired token", Source: fromErrorModel, IsAssumed: true, Identity: Expired, Path: token, Call: getSignature, Raises: authenticationError, Response: geoCatalogUnauthorized()},
		{Name: "identity without a role reads no collection", Source: fromErrorModel, IsAssumed: true, Identity: WithoutRole, Path: collection, Call: readCollection, Raises: otherError, Response: geoCatalogError(http.StatusForbidden, "Forbidden")},
		{Name: "identity without a role gets no SAS token", Source: fromErrorModel, IsAssumed: true, Identity: WithoutRole, Path: token, Call: getSignature, Raises: otherError, Response: geoCatalogError(http.StatusForbidden, "Forbidden")},
		{Name: "unknown collection", Source: fromErrorModel, IsAssumed: true, Path: "/stac/collections/floods" + version, Call: `client.stac.get_collection("floods")`, Raises: notFoundError, Response: geoCatalogError(http.StatusNotFound, "NotFound")},
		{Name: "SAS token of an unknown collection", Source: fromErrorModel, IsAssumed: true, Path: "/sas/token/floods" + version, Call: `client.sas.get_token("floods")`, Raises: notFoundError, Response: geoCatalogError(http.StatusNotFound, "NotFound")},
		{Name: "no SAS token for an account and a container", Source: fromClient + ": it has no such operation", IsAssumed: true, Path: "/sas/token/account1/fires-0a1b2c3d" + version, Response: ExpectedResponse{Status: http.StatusNotFound, ContentType: "<<any>>", Body: "<<any>>"}},
		{Name: "request without a version", Source: "README of partner-app-integration in Azure/microsoft-planetary-computer-pro: 404 or 400", IsAssumed: true, Path: "/stac/collections/fires", Response: geoCatalogError(http.StatusBadRequest, "UnsupportedApiVersion")},
	}
}

// geoCatalogOK is a successful response with an object.
func geoCatalogOK(object map[string]string) ExpectedResponse {
	return ExpectedResponse{Status: http.StatusOK, ContentType: "application/json", Object: object}
}

// geoCatalogToken is a response with a signature and its end.
func geoCatalogToken() ExpectedResponse {
	return geoCatalogOK(map[string]string{"msft:expiry": `"<<time>>"`, "token": `"<<any>>"`}) //nolint:gosec // patterns
}

// geoCatalogError is an error in the model of the client.
func geoCatalogError(status int, code string) ExpectedResponse {
	return ExpectedResponse{
		Status: status, ContentType: "application/json", Object: map[string]string{"error": `{"code":"` + code + `","message":"<<any>>"}`},
		Header: map[string]string{"X-Ms-Error-Code": code},
	}
}

// geoCatalogUnauthorized is an error with a challenge. It has no claims, so that the client
// does not ask Microsoft Entra again.
func geoCatalogUnauthorized() ExpectedResponse {
	response := geoCatalogError(http.StatusUnauthorized, "Unauthorized")
	response.Header["Www-Authenticate"] = `Bearer authorization_uri="<<any>>", error="invalid_token"`
	return response
}
