// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// namespace is the namespace of the gateway's clusters. Their names begin with it and a
// dot.
const namespace = "dask"

// daskClusters is the path of the gateway's objects.
const daskClusters = "/apis/gateway.dask.org/v1alpha1/namespaces/" + namespace + "/daskclusters"

// customResources defines the kinds of object that the gateway's controller creates and
// that are not part of Kubernetes: the gateway's own, and the routes of its proxy.
//
//go:embed servers/crds.json
var customResources []byte

// kubeAPI sends requests to the API server as its administrator.
type kubeAPI struct {
	url, token string
	// certificate is the file that contains the API server's certificate.
	certificate string
	client      *http.Client
}

// connect waits for the certificate that the API server creates when it starts.
func (k *kubeAPI) connect(ctx context.Context) error {
	roots := x509.NewCertPool()
	err := retry(ctx, func() error {
		text, err := os.ReadFile(k.certificate)
		if err != nil || !roots.AppendCertsFromPEM(text) {
			return errors.Join(errNotReady, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	k.client = &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			MaxIdleConnsPerHost: 16,
		},
	}
	return nil
}

// call returns the body of a response with the expected status; see the function call.
func (k *kubeAPI) call(ctx context.Context, method, path string, body any, want ...int) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, k.url+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+k.token)
	request.Header.Set("Content-Type", "application/json")
	return callWith(k.client, request, want...)
}

// prepare creates the objects that the gateway and its controller require.
func (k *kubeAPI) prepare(ctx context.Context) error {
	var definitions []json.RawMessage
	if err := json.Unmarshal(customResources, &definitions); err != nil {
		return err
	}
	type object struct {
		path string
		body any
	}
	objects := []object{{"/api/v1/namespaces", map[string]any{"metadata": map[string]string{"name": namespace}}}}
	for _, definition := range definitions {
		objects = append(objects, object{"/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition})
	}
	for _, each := range objects {
		err := retry(ctx, func() error {
			_, err := k.call(ctx, http.MethodPost, each.path, each.body, http.StatusCreated, http.StatusConflict)
			return err
		})
		if err != nil {
			return fmt.Errorf("prepare the API server: %w", err)
		}
	}
	// A definition takes effect a moment after its creation.
	for _, path := range []string{daskClusters, "/apis/traefik.io/v1alpha1/ingressroutes", "/apis/traefik.io/v1alpha1/ingressroutetcps"} {
		err := retry(ctx, func() error {
			_, err := k.call(ctx, http.MethodGet, path, nil, http.StatusOK)
			return err
		})
		if err != nil {
			return fmt.Errorf("prepare the API server: %w", err)
		}
	}
	return nil
}

// KubeCluster is the gateway's object of a cluster in the API server. The gateway's
// responses lag behind it.
type KubeCluster struct {
	// Name is the cluster's name at the gateway: NAMESPACE.NAME.
	Name string
	// Phase is Pending, Running, Stopped or Failed.
	Phase string
	// Active is false as soon as the gateway has accepted the request to stop the cluster.
	Active bool
	User   string
	// Options are the user's options, completed by the defaults.
	Options map[string]any
}

// Clusters returns every cluster from the API server, including ended ones.
func (k *Kubernetes) Clusters(ctx context.Context) ([]KubeCluster, error) {
	text, err := k.kube.api.call(ctx, http.MethodGet, daskClusters, nil, http.StatusOK)
	if err != nil {
		return nil, fmt.Errorf("list the clusters in the API server: %w", err)
	}
	var list struct {
		Items []struct {
			Metadata struct{ Name, Namespace string }
			Spec     struct {
				Username string
				Active   *bool
				Options  map[string]any
			}
			Status struct{ Phase string }
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("list the clusters in the API server: %w", err)
	}
	var clusters []KubeCluster
	for _, item := range list.Items {
		cluster := KubeCluster{
			Name:    item.Metadata.Namespace + "." + item.Metadata.Name,
			Phase:   item.Status.Phase,
			Active:  item.Spec.Active == nil || *item.Spec.Active,
			User:    item.Spec.Username,
			Options: item.Spec.Options,
		}
		if cluster.Phase == "" {
			cluster.Phase = "Pending"
		}
		clusters = append(clusters, cluster)
	}
	return clusters, nil
}

// Remove deletes a cluster's object from the API server, as the controller does a day
// after the cluster's end.
func (k *Kubernetes) Remove(ctx context.Context, name string) error {
	_, err := k.kube.api.call(ctx, http.MethodDelete, daskClusters+"/"+strings.TrimPrefix(name, namespace+"."), nil, http.StatusOK)
	if err != nil {
		return fmt.Errorf("remove a cluster from the API server: %w", err)
	}
	return nil
}
