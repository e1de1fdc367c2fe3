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
	question
	proxy   string
	refused bool
}{
	{question: question{Address: "https://hub.example.com/services/dask-gateway/"}},
	{question: question{Address: "https://hub.example.com/services/dask-gateway"}},
	{question: question{Address: "http://hub.example.com/services/dask-gateway/"}},
	{question: question{Address: "http://hub.example.com"}},
	{question: question{Address: "http://hub.example.com///"}},
	{question: question{Address: "http://hub.example.com:8000"}},
	{question: question{Address: "http://hub.example.com:8000/a/b//"}},
	{question: question{Address: "https://hub.example.com:80"}},
	{question: question{Address: "http://127.0.0.1:8000/services/dask-gateway/"}},
	{question: question{Address: "http://localhost:8000"}},
	{question: question{Address: "http://proxy-public:80/services/dask-gateway/"}},
	{question: question{Address: "http://traefik.prod.svc.cluster.local/services/dask-gateway"}},
	{question: question{Address: "HTTP://Hub.Example.COM/Services/X"}},
	{question: question{Address: "HTTPS://HUB:0443/"}},
	{question: question{Address: "http://hub:/x"}},
	{question: question{Address: "http://hub_1.example.com/x"}},
	{question: question{Address: "http://bücher.example.com/x"}},
	{question: question{Address: "http://hub/%7Euser/x"}},
	{question: question{Address: "http://hub/a;b/@c:d/"}},
	{question: question{Address: "http://[2001:DB8::1]:8000/x"}, proxy: "gateway://[2001:db8::1]:8000"},
	{question: question{Address: "https://[::1]/x"}, proxy: "gateway://[::1]:443"},
	{question: question{Address: "http://[::1]/x", ProxyAddress: 8786}, proxy: "gateway://[::1]:8786"},

	{question: question{Address: "https://hub", ProxyAddress: "gateway://dask.example.com:8786"}},
	{question: question{Address: "https://hub", ProxyAddress: "gateway://dask.example.com:8786/"}},
	{question: question{Address: "https://hub", ProxyAddress: "gateway://dask.example.com"}, refused: true},
	{question: question{Address: "https://hub", ProxyAddress: "gateway://Dask.Example.com:08786/x/y"}},
	{question: question{Address: "https://hub", ProxyAddress: "tls://dask.example.com:8786"}},
	{question: question{Address: "https://hub", ProxyAddress: "http://dask.example.com/x"}, refused: true},
	{question: question{Address: "https://hub", ProxyAddress: "dask.example.com:8786"}},
	{question: question{Address: "https://hub", ProxyAddress: "dask.example.com:8786/"}},
	{question: question{Address: "https://hub", ProxyAddress: "dask.example.com"}, refused: true},
	{question: question{Address: "https://hub", ProxyAddress: "dask_proxy:1"}},
	{question: question{Address: "https://hub", ProxyAddress: "10.0.0.1:1"}},
	{question: question{Address: "https://hub", ProxyAddress: "//dask:1"}},
	{question: question{Address: "https://hub", ProxyAddress: "gateway://[::1]:8786"}},
	{question: question{Address: "https://hub", ProxyAddress: "[::1]:8786"}},
	{question: question{Address: "https://hub", ProxyAddress: "gateway://dask:"}, refused: true},
	{question: question{Address: "https://Hub/x", ProxyAddress: 8786}},
	{question: question{Address: "https://hub:1/x", ProxyAddress: 8786}},
	{question: question{Address: "https://hub:1/x", ProxyAddress: "8786"}, proxy: "gateway://hub:8786"},

	{question: question{Address: "http://hub/x", PublicAddress: "https://public.example.com/x/"}},
	{question: question{Address: "http://hub/x/", PublicAddress: "https://public.example.com"}},
	{question: question{Address: "http://hub/x/", PublicAddress: "/services/dask-gateway/"}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub/x/", "DASK_GATEWAY__PUBLIC_ADDRESS=/services/dask-gateway"}}},
	{question: question{Address: "http://hub/x/", ProxyAddress: "dask:1", PublicAddress: "https://public.example.com/y//"}},

	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub/x/"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS='http://hub/x/'"}}},
	{question: question{Environment: []string{"DASK_gateway__Address=http://hub/x/"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://{HOST}:{PORT}/x/", "HOST=hub", "PORT=8000"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub/{{x}}"}}},
	{question: question{Environment: []string{"DASK_GATEWAY={'address': 'http://{HOST}', 'proxy-address': 1}", "HOST=hub"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://a", "DASK_gateway__ADDRESS=http://b"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://env"}, Address: "http://argument"}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://{MISSING}"}, Address: "http://argument"}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=8786"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=0x2252"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=gateway://{D}:1", "D=dask"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY-ADDRESS=dask:1"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY-ADDRESS=dask:1", "DASK_GATEWAY__PROXY_ADDRESS=dask:2"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=dask:1"}, ProxyAddress: "argument:1"}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=None", "DASK_GATEWAY__PUBLIC_ADDRESS=null"}}},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PUBLIC_ADDRESS=https://{P}/x/", "P=public"}}},
	{
		question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS={PORT}", "PORT=8786"}},
		proxy:    "gateway://hub:8786",
	},

	{question: question{Address: "hub:8000"}, refused: true},
	{question: question{Address: "hub"}, refused: true},
	{question: question{Address: "gateway://hub:1"}, refused: true},
	{question: question{Address: "http://"}, refused: true},
	{question: question{Address: "http://hub:x"}, refused: true},
	{question: question{Address: "http://hub:65536"}, refused: true},
	{question: question{Address: "http://[::1"}, refused: true},
	{question: question{Address: "http://alice:password@hub"}, refused: true},
	{question: question{Address: "http://hub/?x"}, refused: true},
	{question: question{Address: "http://hub", ProxyAddress: "::1"}, refused: true},
	{question: question{Address: "http://hub", ProxyAddress: "dask:1/path"}, refused: true},
	{question: question{Address: "http://{HOST}/"}, refused: true},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://{MISSING}"}}, refused: true},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://{}"}}, refused: true},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://{"}}, refused: true},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=8000"}}, refused: true},
	{question: question{Environment: []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__PROXY_ADDRESS=8786.0"}}, refused: true},
}

// testAddresses compares the derived addresses.
func testAddresses(t *testing.T, stack *realservers.Stack) {
	t.Helper()
	var questions []question
	for _, each := range addressCases {
		q := each.question
		q.Environment = append(q.Environment, "LOGNAME=alice")
		questions = append(questions, q)
	}
	answers := askPython(t, stack, questions)
	for i, each := range addressCases {
		s, problems := questions[i].resolve()
		if each.refused {
			if len(problems) == 0 {
				t.Errorf("%+v: no problem", each.question)
			}
			continue
		}
		for _, problem := range problems {
			t.Errorf("%+v: %s: %s", each.question, problem.Summary, problem.Detail)
		}
		want, got := onlyAddresses(answers[i]), providerAnswer(s)
		if each.proxy != "" {
			if want.ProxyAddress == each.proxy {
				t.Errorf("%+v: Python gives %s too, so this is no difference any more", each.question, each.proxy)
			}
			want.ProxyAddress, want.SchedulerAddress = each.proxy, each.proxy+"/"+clusterName
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v:\nours   %+v\nPython %+v", each.question, got, want)
		}
	}
}
