// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// Realm is the Kerberos realm of StartKerberos.
const Realm = "PC.TEST"

// KerberosStack is a gateway that accepts tickets of a real KDC, which runs next to it.
// The gateway's principal is HTTP/localhost.
type KerberosStack struct {
	*Stack
}

// StartKerberos starts such a stack. Each user has a key and a ticket.
func StartKerberos(ctx context.Context, inst Installation, kerberos KerberosInstallation, cfg Config) (*KerberosStack, error) {
	cfg.Auth, cfg.kerberos = Kerberos, &kerberos
	stack, err := Start(ctx, inst, cfg)
	if err != nil {
		return nil, err
	}
	k := &KerberosStack{Stack: stack}
	for _, user := range stack.users {
		err = errors.Join(err, k.AddPrincipal(ctx, user), k.GetTicket(ctx, user, "1h"))
	}
	if err != nil {
		stack.Stop()
		return nil, fmt.Errorf("start the real servers: %w\n%s", err, stack.Logs())
	}
	return k, nil
}

// ConfigFile is the krb5.conf for clients.
func (k *KerberosStack) ConfigFile() string { return k.realm.file("krb5.conf") }

// Keytab is the file with the user's key.
func (k *KerberosStack) Keytab(user string) string { return k.realm.file(user + ".keytab") }

// Cache is the file with the user's ticket.
func (k *KerberosStack) Cache(user string) string { return k.realm.cache(user) }

// AddPrincipal creates a user with a new key and stores the key in Keytab.
func (k *KerberosStack) AddPrincipal(ctx context.Context, user string) error {
	return k.realm.addPrincipal(ctx, user, k.Keytab(user))
}

// ChangeKey changes a user's key, but not in Keytab.
func (k *KerberosStack) ChangeKey(ctx context.Context, user string) error {
	return k.realm.run(ctx, "usr/sbin/kadmin.local", "-q", "change_password -randkey "+user)
}

// LimitTickets limits the lifetime of a user's tickets, for example to "3 seconds".
func (k *KerberosStack) LimitTickets(ctx context.Context, user, lifetime string) error {
	return k.realm.run(ctx, "usr/sbin/kadmin.local", "-q", fmt.Sprintf("modify_principal -maxlife %q %s", lifetime, user))
}

// RemovePrincipal deletes a user from the KDC.
func (k *KerberosStack) RemovePrincipal(ctx context.Context, user string) error {
	return k.realm.run(ctx, "usr/sbin/kadmin.local", "-q", "delete_principal -force "+user)
}

// GetTicket stores a ticket with a lifetime, for example "2s", in Cache.
func (k *KerberosStack) GetTicket(ctx context.Context, user, lifetime string) error {
	return k.realm.run(ctx, "usr/bin/kinit", "-l", lifetime, "-c", "FILE:"+k.Cache(user), "-k", "-t", k.Keytab(user), user)
}

// realm is the KDC and its files.
type realm struct {
	inst    KerberosInstallation
	dir     string
	address string
}

func newRealm(inst KerberosInstallation, dir, address string) *realm {
	return &realm{inst: inst, dir: filepath.Join(dir, "kerberos"), address: address}
}

func (r *realm) file(name string) string { return filepath.Join(r.dir, name) }

func (r *realm) cache(user string) string { return r.file(user + ".cache") }

// write creates the realm with the gateway's principal and key.
func (r *realm) write() error {
	if err := errors.Join(os.RemoveAll(r.dir), os.MkdirAll(r.dir, 0o700)); err != nil {
		return err
	}
	client := fmt.Sprintf(`[libdefaults]
  default_realm = %[1]s
  dns_lookup_kdc = false
[realms]
  %[1]s = {
    kdc = %[2]s
  }
`, Realm, r.address)
	server := fmt.Sprintf(`[kdcdefaults]
  kdc_listen = %[2]s
  kdc_tcp_listen = %[2]s
[realms]
  %[1]s = {
    database_module = db
    key_stash_file = %[3]s/stash
    acl_file = %[3]s/acl
  }
[dbmodules]
  db_module_dir = %[4]s/krb5/plugins/kdb
  db = {
    db_library = db2
    database_name = %[3]s/principal
  }
[logging]
  default = STDERR
`, Realm, r.address, r.dir, r.inst.library)
	for name, text := range map[string]string{"krb5.conf": client, "kdc.conf": server} {
		if err := os.WriteFile(r.file(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	ctx := context.Background()
	if err := r.run(ctx, "usr/sbin/kdb5_util", "create", "-s", "-r", Realm, "-P", "scratch"); err != nil {
		return err
	}
	return r.addPrincipal(ctx, "HTTP/localhost", r.file("gateway.keytab"))
}

func (r *realm) addPrincipal(ctx context.Context, name, keytab string) error {
	if err := r.run(ctx, "usr/sbin/kadmin.local", "-q", "add_principal -randkey "+name); err != nil {
		return err
	}
	if err := r.run(ctx, "usr/sbin/kadmin.local", "-q", "ktadd -k "+keytab+" "+name); err != nil {
		return err
	}
	// kadmin.local exits with 0 even after an error.
	_, err := os.Stat(keytab)
	return err
}

func (r *realm) run(ctx context.Context, program string, args ...string) error {
	var env []string
	for name, value := range r.variables() {
		env = append(env, name+"="+value)
	}
	return runWithEnvironment(ctx, r.dir, env, r.inst.root(program), args...)
}

// variables are the variables that the KDC's programs, the gateway and Python need.
func (r *realm) variables() map[string]string {
	return map[string]string{
		"KRB5_CONFIG":      r.file("krb5.conf"),
		"KRB5_KDC_PROFILE": r.file("kdc.conf"),
		"KRB5RCACHEDIR":    r.dir,
		"LD_LIBRARY_PATH":  r.inst.library + string(os.PathListSeparator) + strings.Replace(r.inst.library, filepath.Join("usr", "lib"), "lib", 1),
		"PYTHONPATH":       r.inst.site(),
	}
}

func (r *realm) server() server {
	environment := r.variables()
	environment["HOME"] = r.dir
	return server{Name: "kdc", Command: []string{r.inst.root("usr/sbin/krb5kdc"), "-n"}, Environment: environment}
}

// await returns when the KDC accepts connections.
func (r *realm) await(ctx context.Context) error {
	return retry(ctx, func() error {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", r.address)
		if err != nil {
			return errors.Join(errNotReady, err)
		}
		return connection.Close()
	})
}
