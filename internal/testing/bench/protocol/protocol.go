// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package protocol calls the provider through the plugin protocol, as Terraform
// does, but in the same process. It measures the provider without Terraform.
package protocol

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
)

// typeName is the resource type under test.
const typeName = "pc_dask_cluster"

// Parallelism is Terraform's default number of concurrent calls.
const Parallelism = 10

// Provider is a configured provider.
type Provider struct {
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

// Cluster is a cluster as Terraform stores it between two commands.
type Cluster struct {
	state, config *tfprotov6.DynamicValue
	private       []byte
	identity      *tfprotov6.ResourceIdentityData
}

// Start starts a provider and configures it for the gateway.
func Start(ctx context.Context, address, token string, options ...provider.Option) (*Provider, error) {
	server := provider.NewServer(provider.New("bench", options...)())
	schema, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	p := &Provider{server: server, schema: schema}
	block := p.schema.Provider.ValueType()
	values := nulls(block)
	values["address"], values["api_token"] = tftypes.NewValue(tftypes.String, address), tftypes.NewValue(tftypes.String, token)
	config, err := tfprotov6.NewDynamicValue(block, tftypes.NewValue(block, values))
	if err != nil {
		return nil, err
	}
	resp, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: &config})
	if err != nil {
		return nil, err
	}
	return p, failure(resp.Diagnostics)
}

// nulls returns the attributes of an object, all null.
func nulls(typ tftypes.Type) map[string]tftypes.Value {
	values := map[string]tftypes.Value{}
	if object, ok := typ.(tftypes.Object); ok {
		for name, attribute := range object.AttributeTypes {
			values[name] = tftypes.NewValue(attribute, nil)
		}
	}
	return values
}

// failure returns the first error among the diagnostics.
func failure(diagnostics []*tfprotov6.Diagnostic) error {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return fmt.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
	return nil
}

// Import imports clusters as terraform import does, and sets adapt with the maximum, as
// the configuration would. Then it reads all of them again, because a refresh of
// unchanged clusters is faster than one that writes their state. The second read has its
// own pass: a listing serves each cluster once, so the pass needs one more listing, and
// not one for each cluster.
func (p *Provider) Import(ctx context.Context, names []string, maximum int) ([]Cluster, error) {
	clusters := make([]Cluster, len(names))
	err := each(len(names), func(i int) error {
		resp, err := p.server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: typeName, ID: names[i]})
		if err != nil {
			return err
		}
		if err := failure(resp.Diagnostics); err != nil {
			return err
		}
		clusters[i] = Cluster{state: resp.ImportedResources[0].State, identity: resp.ImportedResources[0].Identity}
		if err := p.Read(ctx, &clusters[i]); err != nil {
			return err
		}
		return p.declare(&clusters[i], maximum)
	})
	if err != nil {
		return nil, err
	}
	return clusters, p.Refresh(ctx, clusters)
}

// declare sets the configuration of an imported cluster.
func (p *Provider) declare(c *Cluster, maximum int) error {
	typ := p.schema.ResourceSchemas[typeName].ValueType()
	state, err := c.state.Unmarshal(typ)
	if err != nil {
		return err
	}
	var values map[string]tftypes.Value
	if err := state.As(&values); err != nil {
		return err
	}
	declared := nulls(typ)
	declared["adapt"] = tftypes.NewValue(values["adapt"].Type(), map[string]tftypes.Value{
		"minimum": tftypes.NewValue(tftypes.Number, big.NewFloat(0)),
		"maximum": tftypes.NewValue(tftypes.Number, big.NewFloat(float64(maximum))),
	})
	declared["options"] = values["options"]
	values["adapt"] = declared["adapt"]
	full, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, values))
	if err != nil {
		return err
	}
	config, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, declared))
	c.state, c.config = &full, &config
	return err
}

// Read refreshes a cluster.
func (p *Provider) Read(ctx context.Context, c *Cluster) error {
	resp, err := p.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: c.state, Private: c.private, CurrentIdentity: c.identity,
	})
	if err != nil {
		return err
	}
	if err := failure(resp.Diagnostics); err != nil {
		return err
	}
	if isNull, err := resp.NewState.IsNull(); err != nil || isNull {
		return errors.Join(errors.New("the cluster no longer exists"), err)
	}
	c.state, c.private, c.identity = resp.NewState, resp.Private, resp.NewIdentity
	return nil
}

// Refresh reads all clusters with Terraform's parallelism.
func (p *Provider) Refresh(ctx context.Context, clusters []Cluster) error {
	return each(len(clusters), func(i int) error { return p.Read(ctx, &clusters[i]) })
}

// Plan does what terraform plan does for all clusters: validate, upgrade the state,
// read and plan. It fails if the plan contains a change.
func (p *Provider) Plan(ctx context.Context, clusters []Cluster) error {
	return each(len(clusters), func(i int) error { return p.planOne(ctx, &clusters[i]) })
}

func (p *Provider) planOne(ctx context.Context, c *Cluster) error {
	valid, err := p.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: typeName, Config: c.config})
	if err != nil {
		return err
	}
	if err := errors.Join(failure(valid.Diagnostics), p.Read(ctx, c)); err != nil {
		return err
	}
	// Without a change in the configuration, Terraform proposes the prior state.
	resp, err := p.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: typeName, PriorState: c.state, ProposedNewState: c.state, Config: c.config, PriorPrivate: c.private, PriorIdentity: c.identity,
	})
	if err != nil {
		return err
	}
	if err := failure(resp.Diagnostics); err != nil {
		return err
	}
	return p.checkUnchanged(c.state, resp.PlannedState)
}

// checkUnchanged returns an error if the plan contains a change.
func (p *Provider) checkUnchanged(before, after *tfprotov6.DynamicValue) error {
	typ := p.schema.ResourceSchemas[typeName].ValueType()
	prior, err := before.Unmarshal(typ)
	if err != nil {
		return err
	}
	planned, err := after.Unmarshal(typ)
	if err != nil {
		return err
	}
	if !prior.Equal(planned) {
		return fmt.Errorf("the plan changes %s into %s", prior, planned)
	}
	return nil
}

// each calls do for all numbers below n with Parallelism, until the first error.
func each(n int, do func(i int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	failures := make([]error, Parallelism)
	for worker := range Parallelism {
		group.Go(func() {
			for failures[worker] == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				failures[worker] = do(i)
			}
		})
	}
	group.Wait()
	return errors.Join(failures...)
}
