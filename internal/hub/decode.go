// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
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

// ignored is which part of a request the Hub is too old for, by the name of its
// argument: it makes a token with all rights then, and leaves that part out of
// its answer (seen with 1.5.1 and 2.3.1). Empty for none.
func (w wireToken) ignored(r TokenRequest) string {
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

// objection says what is wrong with a token, or "". A token is told from another
// that has inherited its id by its time and its note, so a token without those
// is not another one but an answer that cannot be used.
func (w wireToken) objection() string {
	switch {
	case !isID(w.ID):
		return fmt.Sprintf("the id of a token cannot be %q", w.ID)
	case time.Time(w.Created).IsZero():
		return fmt.Sprintf("the token %s has no created", w.ID)
	case !w.Note.there:
		return fmt.Sprintf("the token %s has no note", w.ID)
	}
	return ""
}

// valueObjection is objection for a token that was just made.
func (w wireToken) valueObjection() string {
	if !isHeaderWord(w.Token) {
		return "the answer holds no token"
	}
	return w.objection()
}

// unusable is an answer that there is an objection to; nil if that is "".
func unusable(objection string) error {
	if objection == "" {
		return nil
	}
	return &transport.Error{Kind: transport.KindBody, Message: objection}
}

const (
	maxID    = 128
	maxName  = 1024
	maxValue = 16 << 10
)

// isID says whether a token may have this id: a letter and a number
// (jupyterhub/orm.py, api_id). Refused is only what could name something else as
// a part of a URL.
func isID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !letter && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// isUserName refuses what no Hub takes for a user (auth.py, validate_username)
// and what could name something else as a part of a URL.
func isUserName(name string) bool {
	unquoted, err := url.PathUnescape(name)
	onlyDots := strings.Trim(name, ".") == "" || err == nil && strings.Trim(unquoted, ".") == ""
	return !onlyDots && len(name) <= maxName && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool {
			return r == '/' || r == '\\' || r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
		})
}

// isHeaderWord says whether a token can be sent.
func isHeaderWord(token string) bool {
	return token != "" && len(token) <= maxValue && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// hubTime is ISO 8601 in UTC with microseconds; Hubs before 1.0 leave out the Z.
type hubTime time.Time

// UnmarshalJSON reads a time or null.
func (t *hubTime) UnmarshalJSON(raw []byte) error {
	*t = hubTime{}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999"} {
		parsed, err := time.Parse(layout, *text)
		// In UTC it may be in a year that RFC 3339 cannot write.
		if parsed = parsed.UTC(); err == nil && parsed.Year() >= 1 && parsed.Year() <= 9999 {
			*t = hubTime(parsed)
			return nil
		}
	}
	return fmt.Errorf("%q is not a time", *text)
}

// hubNote is the note of a token: a text, which is null for some that the Hub
// itself has made, or whatever else it was made with.
type hubNote struct {
	text  string
	there bool
}

// UnmarshalJSON reads a note or null.
func (n *hubNote) UnmarshalJSON(raw []byte) error {
	*n = hubNote{there: true}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil || value == nil {
		return err
	}
	text, isText := value.(string)
	if !isText {
		text = fmt.Sprint(value)
	}
	n.text = text
	return nil
}
