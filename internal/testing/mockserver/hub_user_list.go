// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"cmp"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	// paginationType is the media type with which a client requests pages, since
	// JupyterHub 2 (jupyterhub/apihandlers/base.py, PAGINATION_MEDIA_TYPE).
	paginationType = "application/jupyterhub-pagination+json"
	// userPageLimit and maxUserPageLimit are the Hub's api_page_default_limit and
	// api_page_max_limit. For a client that does not request pages, the maximum is
	// the default.
	userPageLimit    = 50
	maxUserPageLimit = 200
)

// listUsers is GET /users (jupyterhub/apihandlers/users.py,
// UserListAPIHandler).
func listUsers(s *Server, call *hubCall) *httpResponse {
	if rejection := call.requireListScope(); rejection != nil {
		return rejection
	}
	query := call.URL.Query()
	page, ok := call.requestedPage(query)
	if !ok {
		return hubError(http.StatusBadRequest, "Invalid argument type, offset and limit must be integers")
	}
	compare, ok := userOrder(query.Get("sort"))
	if !ok {
		return hubError(http.StatusBadRequest, fmt.Sprintf("sort must be 'id', 'name', or 'last_activity', not '%s'", query.Get("sort")))
	}
	state := query.Get("state")
	if !slices.Contains([]string{"", "active", "inactive", "ready"}, state) {
		return hubError(http.StatusBadRequest, "Unrecognized state filter: "+repr(state))
	}
	granted := call.bearer.scopes()
	var users []*account
	for _, user := range s.state.users {
		isMatch := strings.Contains(strings.ToLower(user.name), strings.ToLower(query.Get("name_filter")))
		isActive := slices.ContainsFunc(user.servers, (*hubServer).isActive)
		if (call.hubMajor == 1 || granted.covers("list:users", "user="+user.name)) && isMatch && (state == "" || isActive == (state != "inactive")) {
			users = append(users, user)
		}
	}
	slices.SortFunc(users, compare)
	total := len(users)
	if call.hubMajor > 1 {
		users = users[min(page.offset, total):min(page.offset+page.limit, total)]
	}
	models := []any{}
	for _, user := range users {
		// The Hub applies this filter to each page, after it has counted the users.
		if state == "ready" && !slices.ContainsFunc(user.servers, func(server *hubServer) bool { return server.isReady }) {
			continue
		}
		if model := call.userModel(user.model(granted)); len(model) > 0 {
			models = append(models, model)
		}
	}
	if !call.acceptsPagination() {
		return hubResponse(http.StatusOK, models)
	}
	return hubResponse(http.StatusOK, object{{"items", models}, {"_pagination", page.model(call.exchange, total)}})
}

// requireListScope checks list:users, with any filter. JupyterHub 1 requires an
// administrator.
func (call *hubCall) requireListScope() *httpResponse {
	if call.hubMajor > 1 && call.bearer != nil && call.bearer.scopes()["list:users"] != nil {
		return nil
	}
	return call.requireScope("list:users")
}

func (call *hubCall) acceptsPagination() bool {
	for mediaType := range strings.SplitSeq(call.Header.Get("Accept"), ",") {
		if call.hubMajor > 1 && strings.EqualFold(strings.TrimSpace(mediaType), paginationType) {
			return true
		}
	}
	return false
}

// userPage is a page of the list of users.
type userPage struct{ offset, limit int }

// requestedPage reads offset and limit as get_api_pagination does: it ignores
// their sign and reduces the limit to what the Hub allows.
func (call *hubCall) requestedPage(query url.Values) (page userPage, ok bool) {
	page.limit = maxUserPageLimit
	if call.acceptsPagination() {
		page.limit = userPageLimit
	}
	for name, value := range map[string]*int{"offset": &page.offset, "limit": &page.limit} {
		if !query.Has(name) {
			continue
		}
		number, ok := pythonInt(query.Get(name))
		if !ok {
			return page, false
		}
		*value = int(clampToInt64(number.Abs(number)))
	}
	page.limit = min(max(page.limit, 1), maxUserPageLimit)
	// No list is longer than an int32, and a page must not overflow.
	page.offset = min(page.offset, 1<<31)
	return page, true
}

// pythonInt is Python's int() of a text.
func pythonInt(text string) (*big.Int, bool) {
	if !pythonInteger.MatchString(text) {
		return nil, false
	}
	return new(big.Int).SetString(strings.ReplaceAll(strings.TrimSpace(text), "_", ""), 10)
}

// userOrder returns the comparison for the sort parameter. Users without
// activity come first in ascending order and last in descending order.
func userOrder(sort string) (compare func(a, b *account) int, ok bool) {
	column, isDescending := strings.CutPrefix(sort, "-")
	switch column {
	case "name":
		compare = func(a, b *account) int { return cmp.Compare(a.name, b.name) }
	case "last_activity":
		compare = func(a, b *account) int { return a.lastActivity.Compare(b.lastActivity) }
	case "id", "":
		compare = func(a, b *account) int { return cmp.Compare(a.id, b.id) }
	default:
		return nil, false
	}
	if isDescending {
		ascending := compare
		compare = func(a, b *account) int { return ascending(b, a) }
	}
	return compare, sort != "-"
}

// model returns the page's description in the response, with the address of
// the next page.
func (p userPage) model(x *exchange, total int) object {
	var next any
	if p.offset+p.limit < total {
		query := x.URL.Query()
		query.Set("offset", fmt.Sprint(p.offset+p.limit))
		query.Set("limit", fmt.Sprint(p.limit))
		address := url.URL{Scheme: "http", Host: x.Host, Path: x.URL.Path, RawQuery: query.Encode()}
		next = object{{"offset", int64(p.offset + p.limit)}, {"limit", int64(p.limit)}, {"url", address.String()}}
	}
	return object{{"offset", int64(p.offset)}, {"limit", int64(p.limit)}, {"total", int64(total)}, {"next", next}}
}
