// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package contract states what a Dask Gateway behind a JupyterHub says on the
// wire, as a table of requests and answers, and runs that table against any
// server. It sends with net/http and not with the clients of this provider, so
// that a mistake of theirs can't hide itself. The real servers decide what is
// right; the mock has to say the same.
package contract

import (
	"context"
	"time"
)

// Target is a running gateway, with or without a JupyterHub in front of it.
type Target interface {
	// Name tells the target from the others of its kind.
	Name() string
	// GatewayURL ends in a slash: http://127.0.0.1:8000/services/dask-gateway/.
	GatewayURL() string
	// HubURL ends in a slash; it is empty where the target lacks Hub.
	HubURL() string
	// ProxyURL is the root of the gateway's own proxy, with a slash at its end;
	// it is empty where the target lacks Proxy.
	ProxyURL() string
	// Credential is a valid one of the user, who is made if need be: a token
	// of the Hub with the scopes, or with all that the user has when there are
	// none; the password where the target lacks Hub.
	Credential(ctx context.Context, user string, scopes ...string) (string, error)
	// LongPoll is how long ?wait holds for a cluster that stays PENDING.
	LongPoll() time.Duration
	// Lacks says why a capability is not there, for each that is not.
	Lacks() map[Capability]string
}

// Capability is something that a case needs and not every target has.
type Capability string

// What cases need.
const (
	// Hub is a JupyterHub that the gateway asks who a user is.
	Hub Capability = "a JupyterHub"
	// Basic is a gateway that takes a user name with the one password.
	Basic Capability = "basic authentication"
	// Limit is a limit of four workers per cluster.
	Limit Capability = "a limit of four workers"
	// NoLimit is the absence of any such limit.
	NoLimit Capability = "no limit of workers"
	// Prefix is a path before the gateway's own, which the gateway's proxy
	// takes off; NoPrefix is the absence of it.
	Prefix   Capability = "a path prefix"
	NoPrefix Capability = "no path prefix"
	// Proxy is a proxy of the gateway's own that can be asked for what lies
	// outside the gateway's prefix.
	Proxy Capability = "a proxy of the gateway's own"
	// Administrator is a service of the Hub that may make tokens for everyone.
	Administrator Capability = "an administrating service of the Hub"
	// Local is a backend that knows at once what it is told, and has a word for
	// clusters that are being stopped. A gateway without it has the Kubernetes
	// backend.
	Local Capability = "the local backend"
	// Kubernetes is the backend of that name.
	Kubernetes Capability = "the Kubernetes backend"
	// Workers are schedulers that take messages and grant workers.
	Workers Capability = "schedulers that run"
	// Deaf are schedulers that no message reaches.
	Deaf Capability = "schedulers that don't answer"
	// Scheduler is the web server of a real Dask scheduler.
	Scheduler Capability = "the pages of a real scheduler"
)

// The users of the cases. Requests are Alice's where they don't name another.
const (
	// alice owns the cluster that cases share.
	alice = "alice"
	// bob never owns one.
	bob = "bob"
	// loner is a user of this case alone.
	loner = "loner"
	// administrator is the Hub's service of the capability of that name.
	administrator = "administrator"
	// nobody sends no credentials.
	nobody = "nobody"
)

// Case is one fact: requests in their order, each with its answer.
type Case struct {
	// Name is unique in the table and says the fact.
	Name string
	// Needs are the capabilities without which the case can't be run.
	Needs []Capability
	// Running asks for the cluster of Alice's that cases share; it runs, and
	// its name is <<cluster>>. Its workers come and go.
	Running bool
	// Alone keeps other cases from running at the same time.
	Alone bool
	// Exchanges are sent one after the other; the first one that differs ends
	// the case.
	Exchanges []Exchange
}

// Exchange is a request with the answer that it must have.
type Exchange struct {
	Request Request
	Answer  Answer
	// Until repeats the request for a while until the answer is this one.
	Until bool
	// Record names the file of testdata that holds the real answer.
	Record string
}

// Request is what is sent. Its path, headers and body may hold placeholders.
type Request struct {
	Method string
	// Base is what the path is relative to.
	Base base
	// Path is sent as it is, escapes and query included.
	Path string
	// As is the user whose credentials are sent in the way of the base: nobody
	// for none; empty means Alice.
	As string
	// Header is sent as it is, over the credentials of As. Nothing else is
	// added, not even a content type.
	Header map[string]string
	Body   string
	// Lost ends the connection once the request is sent, before any answer;
	// half of a body only where LostHalf is set.
	Lost, LostHalf bool
}

// base is a part of the servers, each with credentials of its own form. The
// zero base is the gateway.
type base int

const (
	// hubBase is the REST interface of the Hub.
	hubBase base = iota + 1
	// rootBase is the root of the server that the gateway is reached through.
	rootBase
	// proxyBase is the root of the gateway's own proxy.
	proxyBase
)

// Answer is what must come back. Its texts are patterns: see pattern.
type Answer struct {
	Status int
	// Type is the whole content type; empty means that there is none.
	Type string
	Body string
	// Object stands in the place of Body for a JSON object whose keys come in
	// any order: each key with its value as it is written.
	Object map[string]string
	// Header holds patterns of headers; an empty one means that the header is
	// not there. Headers that are not named may be anything.
	Header map[string]string
	// Sets are the elements of arrays in a JSON body that come in any order,
	// by their path: "scopes" or "api_tokens.0.scopes".
	Sets map[string][]string
	// Wait is how long the server may take.
	Wait wait
}

// wait is a statement about the time until an answer. The zero wait makes none.
type wait int

const (
	// atOnce is before a long poll would end.
	atOnce wait = iota + 1
	// longPoll is when a long poll ends.
	longPoll
)

// Cases is the table.
func Cases() []Case {
	var all []Case
	for _, area := range [][]Case{
		authCases(), basicCases(), routeCases(),
		optionCases(), bodyCases(),
		clusterCases(), listCases(), waitCases(), lifecycleCases(), kubernetesCases(),
		scaleCases(), adaptCases(), limitCases(),
		dashboardCases(),
		hubAuthCases(), hubUserCases(), hubServerCases(), hubTokenCases(), hubTokenBodyCases(),
	} {
		all = append(all, area...)
	}
	return all
}
