package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"

	"github.com/unloop-dev/unloop/internal/catalog"
)

// tokenHeader is what the recorder reads the token from (internal/access TokenHeader): the
// API server takes Authorization off what it passes on.
const tokenHeader = "Unloop-Authorization"

// courier decides which token a recorder is given, and hands it over; nothing else does.
//
// It is one for the captures of a namespace where the API server makes the user one: such a
// token has no power over the API server. Only with the user's consent it is, failing that,
// their own, which the configuration's own ways come up with (a file, a plugin, a flag).
type courier struct {
	next http.RoundTripper
	// consent: the recorders may get the user's own token.
	consent bool
	// ask asks the API server for a token for the captures of a namespace.
	ask func(ctx context.Context, namespace string) (string, error)

	mu   sync.Mutex
	made map[string]made
}

// made is a token for captures, or why there is none.
type made struct {
	token string
	err   error
	until time.Time
}

// TokenError says that there is no token for the captures of a namespace that recorders may
// be given. Namespace is "" where captures of more than one were asked for.
type TokenError struct {
	Namespace string
	Err       error
}

func (e *TokenError) Error() string {
	if e.Namespace == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("no token for the captures of namespace %s: %v", e.Namespace, e.Err)
}

func (e *TokenError) Unwrap() error { return e.Err }

// NoToken is the code of a RemoteError where the user's configuration holds no token, as
// with client certificates.
const NoToken = "no-token"

// toRecorder marks the context of requests to recorders; its value is the token for captures,
// "" for the user's own.
type toRecorder struct{}

// equip chooses the token for requests to recorders about the captures of a namespace, "" for
// those that no such token is good for. The error is a TokenError.
func (c *courier) equip(ctx context.Context, namespace string) (context.Context, error) {
	token, err := "", error(nil)
	if namespace != "" {
		token, err = c.tokenFor(ctx, namespace)
	}
	switch {
	case token != "", c.consent && ctx.Err() == nil:
		return context.WithValue(ctx, toRecorder{}, token), nil
	case err == nil:
		err = errors.New("a token for captures is good to read those of one namespace only")
	}
	return nil, &TokenError{namespace, err}
}

// tokenFor is the token for the captures of a namespace.
func (c *courier) tokenFor(ctx context.Context, namespace string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.made[namespace]
	if now := time.Now(); !ok || now.After(m.until) {
		m = made{until: now.Add(tokenTime / 2)}
		m.token, m.err = c.ask(ctx, namespace)
		if ctx.Err() == nil {
			c.made[namespace] = m
		}
	}
	return m.token, m.err
}

// RoundTrip is part of http.RoundTripper.
func (c *courier) RoundTrip(req *http.Request) (*http.Response, error) {
	token, is := req.Context().Value(toRecorder{}).(string)
	if !is {
		return c.next.RoundTrip(req)
	}
	auth := "Bearer " + token
	if token == "" {
		auth = req.Header.Get("Authorization")
		if !strings.HasPrefix(auth, "Bearer ") {
			return nil, &RemoteError{http.StatusUnauthorized, catalog.Problem{Code: NoToken, Message: "the recorder knows users by their token, and this kubeconfig has none"}}
		}
	}
	req = req.Clone(req.Context())
	req.Header.Set(tokenHeader, auth)
	return c.next.RoundTrip(req)
}

// tokenTime is how long a token for captures lives: the shortest that is made (kubernetes
// v1.36 pkg/apis/authentication/validation/validation.go, MinTokenAgeSec).
const tokenTime = 10 * time.Minute

// makeToken asks the API server for a token for the captures of a namespace. It makes no
// object.
func (f *Fleet) makeToken(ctx context.Context, namespace string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, listTime, fmt.Errorf("no answer within %s", listTime))
	defer cancel()
	seconds := int64(tokenTime / time.Second)
	in := authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{catalog.TokenAudience}, ExpirationSeconds: &seconds}}
	in.APIVersion, in.Kind = "authentication.k8s.io/v1", "TokenRequest"
	text, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	body, _, err := f.ask(ctx, http.MethodPost, nil, text, "api", "v1", "namespaces", namespace, "serviceaccounts", catalog.TokenAccount, "token")
	if err != nil {
		return "", err
	}
	defer body.Close()
	var out authenticationv1.TokenRequest
	if err := json.NewDecoder(io.LimitReader(body, maxProblem)).Decode(&out); err != nil {
		return "", fmt.Errorf("the API server's token cannot be read: %w", err)
	}
	if out.Status.Token == "" {
		return "", errors.New("the API server made no token")
	}
	return out.Status.Token, nil
}
