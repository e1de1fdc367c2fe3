// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	maxTokenIDLength    = 128
	maxTokenValueLength = 16 << 10
)

type wireToken struct {
	ID        string  `json:"id"`
	User      string  `json:"user"`
	Note      hubNote `json:"note"`
	Token     string  `json:"token"`
	Created   hubTime `json:"created"`
	ExpiresAt hubTime `json:"expires_at"`
	// LastActivity is null for a token that was never used.
	LastActivity hubTime `json:"last_activity"`
	// Scopes are null before JupyterHub 3, Roles before JupyterHub 2.
	Scopes []string `json:"scopes"`
	Roles  []string `json:"roles"`
}

// ignoredArgument returns the argument of the request that the Hub is too old for,
// or "". Such a Hub creates a token with all the user's rights and leaves the
// argument out of its response (seen with 1.5.1 and 2.3.1).
func (w wireToken) ignoredArgument(r TokenRequest) string {
	switch {
	case len(r.Scopes) > 0 && w.Scopes == nil:
		return "scopes"
	case len(r.Roles) > 0 && w.Roles == nil:
		return "roles"
	default:
		return ""
	}
}

func (w wireToken) token() Token {
	return Token{
		ID: w.ID, User: w.User, Note: w.Note.text, Value: secret.New(w.Token),
		Created: time.Time(w.Created), ExpiresAt: time.Time(w.ExpiresAt), LastActivity: time.Time(w.LastActivity), Scopes: w.Scopes,
	}
}

// invalidReason describes what is wrong with a token, or returns "". The client
// distinguishes two tokens with the same id by their creation times and notes. So a
// token without them is an invalid response, not a different token.
func (w wireToken) invalidReason() string {
	switch {
	case !IsValidTokenID(w.ID):
		return fmt.Sprintf("the id of a token cannot be %q", w.ID)
	case time.Time(w.Created).IsZero():
		return fmt.Sprintf("the token %s has no creation time", w.ID)
	case !w.Note.isSet:
		return fmt.Sprintf("the token %s has no note", w.ID)
	}
	return ""
}

// invalidNewReason is invalidReason for a token that was just created.
func (w wireToken) invalidNewReason() string {
	if !isTokenValue(w.Token) {
		return "the response contains no token"
	}
	return w.invalidReason()
}

// bodyError returns the error of an unusable response, or nil if the reason is "".
func bodyError(reason string) error {
	if reason == "" {
		return nil
	}
	return &transport.Error{Kind: transport.KindBody, Message: reason}
}

// IsValidTokenID reports whether an id is safe in a URL. The Hub's ids consist of a
// letter and a number (jupyterhub/orm.py, api_id).
func IsValidTokenID(id string) bool {
	return id != "" && len(id) <= maxTokenIDLength && !strings.ContainsFunc(id, func(r rune) bool {
		isLetter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !isLetter && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// validateTokenID returns an error for an id that is not safe in a URL.
func validateTokenID(id string) error {
	if IsValidTokenID(id) {
		return nil
	}
	return fmt.Errorf("the id of a token cannot be %.80q", id)
}

// isTokenValue reports whether a token's value can be sent in a header.
func isTokenValue(value string) bool {
	return value != "" && len(value) <= maxTokenValueLength && !strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' })
}

// hubTime is an ISO 8601 time in UTC with microseconds. Hubs before 1.0 leave out
// the Z.
type hubTime time.Time

// UnmarshalJSON decodes a time or null.
func (t *hubTime) UnmarshalJSON(raw []byte) error {
	*t = hubTime{}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999"} {
		parsed, err := time.Parse(layout, *text)
		// The conversion to UTC can result in a year that RFC 3339 cannot represent.
		if parsed = parsed.UTC(); err == nil && parsed.Year() >= 1 && parsed.Year() <= 9999 {
			*t = hubTime(parsed)
			return nil
		}
	}
	return fmt.Errorf("%q is not a time", *text)
}

// hubNote is the note of a token: a string, null for some tokens that the Hub
// itself creates, or any other JSON value that the token was created with.
type hubNote struct {
	text  string
	isSet bool
}

// UnmarshalJSON decodes a note or null.
func (n *hubNote) UnmarshalJSON(raw []byte) error {
	*n = hubNote{isSet: true}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil || value == nil {
		return err
	}
	text, isString := value.(string)
	if !isString {
		text = fmt.Sprint(value)
	}
	n.text = text
	return nil
}
