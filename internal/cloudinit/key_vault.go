// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cloudinit

import (
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

// fetchKey is the path of the program that fetches the key before each start of
// Dask.
const fetchKey = daskFolder + "/fetch-key"

// vaultSecret is a secret of an Azure Key Vault, and the client ID of the machine's
// identity that can read it; "" if the machine has only one.
type vaultSecret struct{ id, clientID string }

var (
	// vaultSecretID matches the attributes id and versionless_id of AzureRM's
	// azurerm_key_vault_secret, in Azure's three clouds.
	vaultSecretID = lazy.Regexp(`^https://[0-9A-Za-z-]{3,24}\.(vault\.azure\.net|vault\.azure\.cn|vault\.usgovcloudapi\.net)/secrets/[0-9A-Za-z-]{1,127}(/[0-9a-f]{32})?/?$`)
	uuidText      = lazy.Regexp(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
)

func secretID(text string) string {
	return invalidUnless(vaultSecretID().MatchString(text), "must be the id of a secret of a Key Vault, such as https://example.vault.azure.net/secrets/dask-key")
}

func uuid(text string) string {
	return invalidUnless(uuidText().MatchString(text), "must be the client id of a managed identity, which is a UUID")
}

// invalidUnless returns the message unless the value is valid.
func invalidUnless(isValid bool, message string) string {
	if isValid {
		return ""
	}
	return message
}

// script returns the program. It needs only programs that every Ubuntu with
// cloud-init contains. Its values are checked, so that none can end a string in the
// program.
func (s vaultSecret) script() string {
	id := strings.TrimSuffix(s.id, "/")
	_, vault, _ := strings.Cut(strings.TrimPrefix(id, "https://"), ".")
	vault, _, _ = strings.Cut(vault, "/")
	return strings.NewReplacer("SECRET", id, "RESOURCE", "https://"+vault, "CLIENT", s.clientID, "FILE", tlsFolder+"/key.pem").Replace(fetchKeyScript)
}

// fetchKeyScript requests a token of the machine's identity from Azure's instance
// metadata service (Microsoft's manual, "How to use managed identities on an Azure VM to
// acquire an access token"), and reads the secret from the Key Vault with it ("Get
// Secret"). It follows no redirect, which could send the token elsewhere. A key can be in
// base64 to protect its line ends from tools that strip them.
const fetchKeyScript = `#!/usr/bin/python3
# Writes the key of this machine's certificate, which a Key Vault holds.
import base64, json, os, urllib.parse, urllib.request

class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

def get(address, headers, *handlers):
    opener = urllib.request.build_opener(NoRedirect, *handlers)
    with opener.open(urllib.request.Request(address, headers=headers), timeout=20) as answer:
        return json.load(answer)

query = {"api-version": "2018-02-01", "resource": "RESOURCE", "client_id": "CLIENT"}
query = urllib.parse.urlencode({name: value for name, value in query.items() if value})
no_proxy = urllib.request.ProxyHandler({})
token = get("http://169.254.169.254/metadata/identity/oauth2/token?" + query, {"Metadata": "true"}, no_proxy)["access_token"]
key = get("SECRET?api-version=7.4", {"Authorization": "Bearer " + token})["value"]
if "-----BEGIN" not in key:
    key = base64.b64decode(key).decode()
os.makedirs(os.path.dirname("FILE"), exist_ok=True)
descriptor = os.open("FILE.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o444)
with os.fdopen(descriptor, "w") as file:
    file.write(key.rstrip("\n") + "\n")
os.replace("FILE.new", "FILE")
`
