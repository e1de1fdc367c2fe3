// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

const (
	// maxKeytabSize is far above the size of any keytab: a key takes about 80 bytes.
	maxKeytabSize = 1 << 20
	// maxListedPrincipals is the number of principals of a keytab that a message lists.
	maxListedPrincipals = 10
)

// ErrPrincipal marks a keytab that has no key of the principal.
var ErrPrincipal = errors.New("the keytab has no key of the principal")

// keytabKeys are the keys of one principal in a keytab.
type keytabKeys struct {
	table  *keytab.Keytab
	client principal
	// encryptionTypes are the types of the client's keys.
	encryptionTypes []int32
}

// readKeytab reads a keytab. If no principal is configured, the first one in the
// keytab is used, as for the MIT library's client keytab.
func readKeytab(ctx context.Context, path, configured string) (*keytabKeys, error) {
	content, err := localfile.Read(ctx, path, maxKeytabSize)
	if err != nil {
		return nil, fmt.Errorf("the keytab %s %s", path, describeReadError(err))
	}
	table := keytab.New()
	// The errors of gokrb5 contain the bytes of the keytab.
	if err := recovered(func() error { return table.Unmarshal(content) }); err != nil || len(table.Entries) == 0 {
		return nil, fmt.Errorf("the keytab %s is not valid or has no key. Run `klist -k %s` to inspect it", path, path)
	}
	k := &keytabKeys{table: table}
	var principals []string
	for _, entry := range table.Entries {
		owner := principal{types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, strings.Join(entry.Principal.Components, "/")), entry.Principal.Realm}
		if len(k.encryptionTypes) == 0 && owner.matches(configured) {
			k.client = owner
		}
		if owner.name.Equal(k.client.name) && owner.realm == k.client.realm {
			k.encryptionTypes = append(k.encryptionTypes, entry.Key.KeyType)
		}
		if printable := owner.String(); len(principals) <= maxListedPrincipals && !slices.Contains(principals, printable) {
			principals = append(principals, printable)
		}
	}
	if len(k.encryptionTypes) == 0 {
		if len(principals) > maxListedPrincipals {
			principals = append(principals[:maxListedPrincipals], "others")
		}
		return nil, fmt.Errorf("%w %s; %s has keys of %s", ErrPrincipal, visibleName(configured), path, strings.Join(principals, ", "))
	}
	return k, nil
}

// restrict limits the encryption types of requests to those of the client's keys: a KDC
// uses the first one that it supports.
func (k *keytabKeys) restrict(c *config.Config) {
	c.LibDefaults.DefaultTktEnctypeIDs = slices.DeleteFunc(slices.Clone(c.LibDefaults.DefaultTktEnctypeIDs), func(id int32) bool {
		return !slices.Contains(k.encryptionTypes, id)
	})
	if len(c.LibDefaults.DefaultTktEnctypeIDs) == 0 {
		c.LibDefaults.DefaultTktEnctypeIDs = slices.Compact(slices.Sorted(slices.Values(k.encryptionTypes)))
	}
}

// describeReadError returns what is wrong with a file. The text follows the file's
// name.
func describeReadError(err error) string {
	cause := err
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		cause = wrapped.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "cannot be read by the user that runs Terraform"
	case errors.Is(err, localfile.ErrNotRegular), errors.Is(err, localfile.ErrTooLarge), errors.Is(err, errUntrustedOwner):
		return "is " + cause.Error()
	default:
		return "cannot be read: " + cause.Error()
	}
}
