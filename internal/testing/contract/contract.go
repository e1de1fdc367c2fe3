// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package contract describes the HTTP behaviour of a Dask Gateway behind a
// JupyterHub as a table of requests and expected responses, and runs the table
// against any server. It uses net/http instead of the provider's clients, so that
// it also detects their mistakes. The real servers decide what is right, and the
// mock must behave the same.
//
// A second table describes a GeoCatalog (Planetary Computer Pro), of which no test can
// reach a real one. Each of its cases names its source, and Microsoft's client decides
// which requests are right.
package contract

import (
	"context"
	"time"
)

// Target is a running gateway, with or without a JupyterHub in front of it.
type Target interface {
	// Name distinguishes the targets of a test.
	Name() string
	// GatewayURL ends in a slash: http://127.0.0.1:8000/services/dask-gateway/.
	GatewayURL() string
	// HubURL ends in a slash. It is empty if the target has no Hub.
	HubURL() string
	// ProxyURL is the root of the gateway's own proxy, with a final slash. It is
	// empty if the target has no GatewayProxy.
	ProxyURL() string
	// Credential returns a valid credential of the user and creates the user if
	// necessary. It is a token of the Hub with the scopes, or with all scopes of
	// the user if there are none. Without a Hub it is the password.
	Credential(ctx context.Context, user string, scopes ...string) (string, error)
	// LongPoll is the longest time until the response to ?wait for a PENDING cluster.
	LongPoll() time.Duration
	// MissingCapabilities returns each missing capability with the reason.
	MissingCapabilities() map[Capability]string
}

// Capability is something that a case needs and that not every target has.
type Capability string

// The capabilities of targets.
const (
	// Hub is a JupyterHub that authenticates the gateway's users.
	Hub Capability = "a JupyterHub"
	// BasicAuth is a gateway that accepts every user name with one password.
	BasicAuth Capability = "basic authentication"
	// WorkerLimit is a limit of four workers per cluster.
	WorkerLimit Capability = "a limit of four workers per cluster"
	// NoWorkerLimit is the absence of a worker limit.
	NoWorkerLimit Capability = "no worker limit"
	// PathPrefix is a prefix of the gateway's paths, which the gateway's proxy
	// removes. NoPathPrefix is its absence.
	PathPrefix   Capability = "a path prefix"
	NoPathPrefix Capability = "no path prefix"
	// GatewayProxy is the gateway's own proxy, reachable outside the gateway's
	// prefix.
	GatewayProxy Capability = "the gateway's own proxy"
	// AdminService is a service of the Hub that may create tokens for every user.
	AdminService Capability = "an administrator service of the Hub"
	// LocalBackend is a backend without a cache and with the status STOPPING. A
	// gateway without it has the Kubernetes backend.
	LocalBackend Capability = "the local backend"
	// KubernetesBackend is the Kubernetes backend.
	KubernetesBackend Capability = "the Kubernetes backend"
	// RunningSchedulers are schedulers that receive messages and start workers.
	RunningSchedulers Capability = "running schedulers"
	// UnreachableSchedulers are schedulers that receive no message.
	UnreachableSchedulers Capability = "unreachable schedulers"
	// SchedulerPages is the web server of a real Dask scheduler.
	SchedulerPages Capability = "the pages of a real scheduler"
)

// The users of the cases. The default is Alice.
const (
	// alice owns the shared cluster.
	alice = "alice"
	// bob never owns a cluster.
	bob = "bob"
	// caseUser is a user that only one case has.
	caseUser = "caseuser"
	// administrator is the service of AdminService.
	administrator = "administrator"
	// noUser sends no credentials.
	noUser = "nobody"
)

// Case is one fact: a sequence of requests with their expected responses.
type Case struct {
	// Name is unique in the table and describes the fact.
	Name string
	// Needs lists the capabilities that the case needs.
	Needs []Capability
	// NeedsCluster requires Alice's shared cluster. It is RUNNING, and its name is
	// <<cluster>>. Other cases change its workers at the same time.
	NeedsCluster bool
	// Exclusive prevents other cases from running at the same time.
	Exclusive bool
	// Exchanges run in order. The case ends with the first unexpected response.
	Exchanges []Exchange
}

// Exchange is a request with its expected response.
type Exchange struct {
	Request  Request
	Response ExpectedResponse
	// Repeat repeats the request until it receives the expected response, or until
	// a timeout.
	Repeat bool
	// Record is the file in testdata with the recorded response.
	Record string
}

// Request describes a request. Path, headers and body may have placeholders.
type Request struct {
	Method string
	// Base is the root of the path.
	Base endpoint
	// Path is sent unchanged, with its escapes and query.
	Path string
	// User is the user whose credentials are sent in the form of the base. "" means
	// Alice, noUser means no credentials.
	User string
	// Header is sent in addition to the credentials of User. Nothing else is added,
	// not even a content type.
	Header map[string]string
	Body   string
	// DropResponse closes the connection after the request, before the response.
	// SendHalfBody closes it after half of the body.
	DropResponse, SendHalfBody bool
}

// endpoint is a part of the servers with its own form of credentials. The zero
// value is the gateway.
type endpoint int

const (
	// hubBase is the REST API of the Hub.
	hubBase endpoint = iota + 1
	// rootBase is the root of the server in front of the gateway.
	rootBase
	// proxyBase is the root of the gateway's own proxy.
	proxyBase
)

// ExpectedResponse describes the expected response. Its texts are patterns (see
// pattern).
type ExpectedResponse struct {
	Status int
	// ContentType is the whole content type. "" means that there is none.
	ContentType string
	Body        string
	// Object replaces Body for a JSON object with keys in any order. It contains the
	// text of each key's value.
	Object map[string]string
	// Header contains patterns of headers. "" means that the header is absent. All
	// other headers may have any value.
	Header map[string]string
	// Unordered contains the elements of arrays that have no fixed order, by their
	// path in a JSON body: "scopes" or "api_tokens.0.scopes".
	Unordered map[string][]string
	// Timing is how long the response may take.
	Timing responseTiming
}

// responseTiming is an expectation of the time until a response. The zero value is
// none.
type responseTiming int

const (
	// beforeLongPollEnds is earlier than the end of a long poll.
	beforeLongPollEnds responseTiming = iota + 1
	// whenLongPollEnds is the end of a long poll.
	whenLongPollEnds
)

// Cases returns the table.
func Cases() []Case {
	var all []Case
	for _, area := range [][]Case{
		authCases(), basicCases(), routeCases(),
		optionCases(), bodyCases(),
		clusterCases(), listCases(), waitCases(), lifecycleCases(), kubernetesCases(),
		scaleCases(), adaptCases(), limitCases(),
		dashboardCases(),
		hubAuthCases(), hubUserCases(), hubUserListCases(), hubServerCases(), hubTokenCases(), hubTokenBodyCases(),
	} {
		all = append(all, area...)
	}
	return all
}
