// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package settings_test

import (
	"reflect"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// addressCases covers all combinations of the three addresses. With refused, the
// provider reports a problem, whatever Python does. With proxy, the proxy address
// differs from Python's on purpose.
var addressCases = []struct {
	gatewayCall
	proxy   string
	refused bool
}{
	{gatewayCall: gatewayCall{Address: "https://hub.example.com/services/dask-gateway/"}},
	{gatewayCall: gatewayCall{Address: "https://hub.example.com/services/dask-gateway"}},
	{gatewayCall: gatewayCall{Address: "http://hub.example.com/services/dask-gateway/"}},
	{gatewayCall: gatewayCall{Address: "http://hub.example.com"}},
	{gatewayCall: gatewayCall{Address: "http://hub.example.com///"}},
	{gatewayCall: gatewayCall{Address: "http://hub.example.com:8000"}},
	{gatewayCall: gatewayCall{Address: "http://hub.example.com:8000/a/b//"}},
	{gatewayCall: gatewayCall{Address: "https://hub.example.com:80"}},
	{gatewayCall: gatewayCall{Address: "http://127.0.0.1:8000/services/dask-gateway/"}},
	{gatewayCall: gatewayCall{Address: "http://localhost:8000"}},
	{gatewayCall: gatewayCall{Address: "http://proxy-public:80/services/dask-gateway/"}},
	{gatewayCall: gatewayCall{Address: "http://traefik.prod.svc.cluster.local/services/dask-gateway"}},
	{gatewayCall: gatewayCall{Address: "HTTP://Hub.Example.COM/Services/X"}},
	{gatewayCall: gatewayCall{Address: "HTTPS://HUB:0443/"}},
	{gatewayCall: gatewayCall{Address: "http://hub:/x"}},
	{gatewayCall: gatewayCall{Address: "http://hub_1.example.com/x"}},
	{gatewayCall: gatewayCall{Address: "http://bücher.example.com/x"}},
	{gatewayCall: gatewayCall{Address: "http://hub/%7Euser/x"}},
	{gatewayCall: gatewayCall{Address: "http://hub/a;b/@c:d/"}},
	{gatewayCall: gatewayCall{Address: "http://[2001:DB8::1]:8000/x"}, proxy: "gateway://[2001:db8::1]:8000"},
	{gatewayCall: gatewayCall{Address: "https://[::1]/x"}, proxy: "gateway://[::1]:443"},
	{gatewayCall: gatewayCall{Address: "http://[::1]/x", ProxyAddress: 8786}, proxy: "gateway://[::1]:8786"},

	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "gateway://dask.example.com:8786"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "gateway://dask.example.com:8786/"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "gateway://dask.example.com"}, refused: true},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "gateway://Dask.Example.com:08786/x/y"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "tls://dask.example.com:8786"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "http://dask.example.com/x"}, refused: true},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "dask.example.com:8786"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "dask.example.com:8786/"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "dask.example.com"}, refused: true},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "dask_proxy:1"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "10.0.0.1:1"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "//dask:1"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "gateway://[::1]:8786"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "[::1]:8786"}},
	{gatewayCall: gatewayCall{Address: "https://hub", ProxyAddress: "gateway://dask:"}, refused: true},
	{gatewayCall: gatewayCall{Address: "https://Hub/x", ProxyAddress: 8786}},
	{gatewayCall: gatewayCall{Address: "https://hub:1/x", ProxyAddress: 8786}},
	{gatewayCall: gatewayCall{Address: "https://hub:1/x", ProxyAddress: "8786"}, proxy: "gateway://hub:8786"},

	{gatewayCall: gatewayCall{Address: "http://hub/x", PublicAddress: "https://public.example.com/x/"}},
	{gatewayCall: gatewayCall{Address: "http://hub/x/", PublicAddress: "https://public.example.com"}},
	{gatewayCall: gatewayCall{Address: "http://hub/x/", PublicAddress: "/services/dask-gateway/"}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub/x/", "DASK_GATEWAY__PUBLIC_ADDRESS=/services/dask-gateway"}}},
	{gatewayCall: gatewayCall{Address: "http://hub/x/", ProxyAddress: "dask:1", PublicAddress: "https://public.example.com/y//"}},

	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub/x/"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS='http://hub/x/'"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_gateway__Address=http://hub/x/"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://{HOST}:{PORT}/x/", "HOST=hub", "PORT=8000"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub/{{x}}"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY={'address': 'http://{HOST}', 'proxy-address': 1}", "HOST=hub"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://a", "DASK_gateway__ADDRESS=http://b"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://env"}, Address: "http://argument"}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://{MISSING}"}, Address: "http://argument"}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=8786"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=0x2252"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=gateway://{D}:1", "D=dask"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY-ADDRESS=dask:1"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY-ADDRESS=dask:1", "DASK_GATEWAY__PROXY_ADDRESS=dask:2"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=dask:1"}, ProxyAddress: "argument:1"}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=None", "DASK_GATEWAY__PUBLIC_ADDRESS=null"}}},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PUBLIC_ADDRESS=https://{P}/x/", "P=public"}}},
	{
		gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS={PORT}", "PORT=8786"}},
		proxy:       "gateway://hub:8786",
	},

	{gatewayCall: gatewayCall{Address: "hub:8000"}, refused: true},
	{gatewayCall: gatewayCall{Address: "hub"}, refused: true},
	{gatewayCall: gatewayCall{Address: "gateway://hub:1"}, refused: true},
	{gatewayCall: gatewayCall{Address: "http://"}, refused: true},
	{gatewayCall: gatewayCall{Address: "http://hub:x"}, refused: true},
	{gatewayCall: gatewayCall{Address: "http://hub:65536"}, refused: true},
	{gatewayCall: gatewayCall{Address: "http://[::1"}, refused: true},
	{gatewayCall: gatewayCall{Address: "http://alice:password@hub"}, refused: true},
	{gatewayCall: gatewayCall{Address: "http://hub/?x"}, refused: true},
	{gatewayCall: gatewayCall{Address: "http://hub", ProxyAddress: "::1"}, refused: true},
	{gatewayCall: gatewayCall{Address: "http://hub", ProxyAddress: "dask:1/path"}, refused: true},
	{gatewayCall: gatewayCall{Address: "http://{HOST}/"}, refused: true},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://{MISSING}"}}, refused: true},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://{}"}}, refused: true},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://{"}}, refused: true},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=8000"}}, refused: true},
	{gatewayCall: gatewayCall{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=8786.0"}}, refused: true},
}

// testAddresses compares the derived addresses.
func testAddresses(t *testing.T, stack *realservers.Stack) {
	t.Helper()
	var calls []gatewayCall
	for _, each := range addressCases {
		c := each.gatewayCall
		c.Environment = append(c.Environment, "LOGNAME=alice")
		calls = append(calls, c)
	}
	results := callInPython(t, stack, calls)
	for i, each := range addressCases {
		s, problems := calls[i].resolve()
		if each.refused {
			if len(problems) == 0 {
				t.Errorf("%+v: no problem", each.gatewayCall)
			}
			continue
		}
		for _, problem := range problems {
			t.Errorf("%+v: %s: %s", each.gatewayCall, problem.Summary, problem.Detail)
		}
		want, got := onlyAddresses(results[i]), providerAttributes(s)
		if each.proxy != "" {
			if want.ProxyAddress == each.proxy {
				t.Errorf("%+v: Python also returns %s, so the case needs no other address", each.gatewayCall, each.proxy)
			}
			want.ProxyAddress, want.SchedulerAddress = each.proxy, each.proxy+"/"+clusterName
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v:\nprovider %+v\nPython   %+v", each.gatewayCall, got, want)
		}
	}
}
