// Package access asks the cluster who somebody is and what they may see: a token is
// reviewed (TokenReview), then each right (SubjectAccessReview), so that a network surface of
// unloop has no users and no rights of its own. A token for captures (catalog.TokenAudience)
// stands for its right itself: who has it may make tokens in the namespace that it is of.
//
// What is asked for which path is the server's business (internal/recorder). Tokens are
// kept as hashes only, and only in memory.
package access

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"github.com/unloop-dev/unloop/internal/catalog"
)

// The refusals.
var (
	// ErrNoToken: nobody said who they are.
	ErrNoToken = errors.New("no token: give one as Authorization: Bearer TOKEN")
	// ErrToken: the cluster does not know the token, or no longer.
	ErrToken = errors.New("the cluster does not accept the token")
	// ErrForbidden is wrapped by refusals of a right.
	ErrForbidden = errors.New("forbidden")
)

// User is who the cluster says somebody is.
type User struct {
	Name   string
	UID    string
	Groups []string
	Extra  map[string]authorizationv1.ExtraValue
	// Only, where set, is the namespace whose captures the token is for, which then is all
	// that the user may read.
	Only string
}

// Right is something that somebody may do, as RBAC writes it.
type Right struct {
	Verb, Group, Resource, Subresource string
	// Namespace "" is all of them, or a resource without. Name "" is all of the kind.
	Namespace, Name string
}

// String is how `kubectl auth can-i` takes it.
func (r Right) String() string {
	s := r.Verb + " " + r.Resource
	if r.Subresource != "" {
		s += "/" + r.Subresource
	}
	if r.Namespace != "" {
		s += " -n " + r.Namespace
	}
	return s
}

// Gate asks one API server. It is safe for concurrent use.
type Gate struct {
	authn, authz *rest.RESTClient
	now          func() time.Time

	mu     sync.Mutex
	users  map[[sha256.Size]byte]known[User]
	rights map[string]known[bool]
}

type known[T any] struct {
	is    T
	bad   bool
	until time.Time
}

// How long an answer is believed, and how many are kept. A right that is taken away ends
// within half a minute. The kubelet's own: 2 min for tokens, 5 min and 30 s for rights
// (kubernetes v1.36 pkg/kubelet/apis/config/v1beta1/defaults.go).
const (
	tokenTime   = time.Minute
	badTime     = 10 * time.Second
	rightTime   = 30 * time.Second
	maxKnown    = 4096
	maxTokenLen = 16 << 10
	askTime     = 10 * time.Second
)

// New makes a gate for the API server of a configuration, whose own identity needs the
// rights to create tokenreviews and subjectaccessreviews (the role system:auth-delegator).
func New(cfg *rest.Config) (*Gate, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(authenticationv1.AddToScheme(scheme), authorizationv1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	client := func(gv schema.GroupVersion) (*rest.RESTClient, error) {
		c := rest.CopyConfig(cfg)
		c.GroupVersion, c.APIPath = &gv, "/apis"
		c.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
		c.QPS, c.Burst = 50, 100
		c.WarningHandler = rest.NoWarnings{}
		return rest.RESTClientFor(c)
	}
	g := &Gate{now: time.Now, users: map[[sha256.Size]byte]known[User]{}, rights: map[string]known[bool]{}}
	var err error
	if g.authn, err = client(authenticationv1.SchemeGroupVersion); err != nil {
		return nil, err
	}
	if g.authz, err = client(authorizationv1.SchemeGroupVersion); err != nil {
		return nil, err
	}
	return g, nil
}

// TokenHeader carries the token where the Authorization header does not arrive: the API
// server takes it off what it passes on to pods.
const TokenHeader = "Unloop-Authorization"

// Token reads the bearer token of a request, "" for none.
func Token(h http.Header) string {
	for _, name := range []string{TokenHeader, "Authorization"} {
		scheme, token, ok := strings.Cut(h.Get(name), " ")
		if ok && strings.EqualFold(scheme, "Bearer") && len(token) <= maxTokenLen {
			return strings.TrimSpace(token)
		}
	}
	return ""
}

// Who asks the cluster whose token it is: first as one for captures, then as the user's own.
// The error is ErrNoToken, ErrToken, or why the cluster could not be asked.
func (g *Gate) Who(ctx context.Context, token string) (User, error) {
	if token == "" {
		return User{}, ErrNoToken
	}
	key := sha256.Sum256([]byte(token))
	g.mu.Lock()
	k, ok := g.users[key]
	g.mu.Unlock()
	if ok && g.now().Before(k.until) {
		if k.bad {
			return User{}, ErrToken
		}
		return k.is, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	u, good, err := g.review(ctx, token, catalog.TokenAudience)
	if err == nil && good {
		u.Only, good = onlyOf(u)
	}
	if err == nil && !good {
		u, good, err = g.review(ctx, token)
	}
	if err != nil {
		return User{}, err
	}
	k = known[User]{is: u, bad: !good, until: g.now().Add(tokenTime)}
	if k.bad {
		k.until = g.now().Add(badTime)
	}
	g.mu.Lock()
	if len(g.users) >= maxKnown {
		clear(g.users)
	}
	g.users[key] = k
	g.mu.Unlock()
	if k.bad {
		return User{}, ErrToken
	}
	return k.is, nil
}

// review asks whose token it is, as one for some audiences, none for the API server's own.
// good says that the cluster takes it.
func (g *Gate) review(ctx context.Context, token string, audiences ...string) (who User, good bool, err error) {
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: audiences}}
	var out authenticationv1.TokenReview
	if err := g.authn.Post().Resource("tokenreviews").Body(review).Do(ctx).Into(&out); err != nil {
		return User{}, false, fmt.Errorf("the token cannot be reviewed: %w", err)
	}
	// A server that knows nothing of audiences names none and takes the token as its own.
	for _, a := range audiences {
		if !slices.Contains(out.Status.Audiences, a) {
			return User{}, false, nil
		}
	}
	u := out.Status.User
	if !out.Status.Authenticated || u.Username == "" {
		return User{}, false, nil
	}
	who = User{Name: u.Username, UID: u.UID, Groups: u.Groups, Extra: map[string]authorizationv1.ExtraValue{}}
	for name, v := range u.Extra {
		who.Extra[name] = authorizationv1.ExtraValue(v)
	}
	return who, true, nil
}

// podExtra is what the API server notes of a token that is bound to a pod (kubernetes v1.36
// staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go, PodNameKey).
const podExtra = "authentication.kubernetes.io/pod-name"

// onlyOf is the namespace that a token for captures is of. One that is bound to a pod is
// none: kubelets make such for what runs on their node, whatever that may be.
func onlyOf(u User) (namespace string, ok bool) {
	account, ok := strings.CutPrefix(u.Name, "system:serviceaccount:")
	namespace, name, _ := strings.Cut(account, ":")
	_, bound := u.Extra[podExtra]
	return namespace, ok && namespace != "" && name == catalog.TokenAccount && !bound
}

// Check asks the cluster whether a user has all of some rights. The error wraps
// ErrForbidden and names the right that is missing, or says why the cluster could not be asked.
func (g *Gate) Check(ctx context.Context, u User, rights ...Right) error {
	for _, r := range rights {
		if u.Only != "" {
			if r.Namespace != u.Only || !ofCaptures(r) {
				return fmt.Errorf("%w: a token for the captures of namespace %s is none to %s", ErrForbidden, u.Only, r)
			}
			continue
		}
		ok, err := g.may(ctx, u, r)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: %s may not %s", ErrForbidden, u.Name, r)
		}
	}
	return nil
}

// ofCaptures reports whether a right is one of those that a token for captures stands for.
func ofCaptures(r Right) bool {
	return r.Verb == "get" && r.Group == "" && r.Resource == "pods" && (r.Subresource == "" || r.Subresource == "log")
}

func (g *Gate) may(ctx context.Context, u User, r Right) (bool, error) {
	key := fmt.Sprintf("%q", []any{u, r})
	g.mu.Lock()
	k, ok := g.rights[key]
	g.mu.Unlock()
	if ok && g.now().Before(k.until) {
		return k.is, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: u.Name, UID: u.UID, Groups: u.Groups, Extra: u.Extra,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: r.Verb, Group: r.Group, Resource: r.Resource, Subresource: r.Subresource, Namespace: r.Namespace, Name: r.Name,
		},
	}}
	var out authorizationv1.SubjectAccessReview
	if err := g.authz.Post().Resource("subjectaccessreviews").Body(review).Do(ctx).Into(&out); err != nil {
		return false, fmt.Errorf("the right to %s cannot be reviewed: %w", r, err)
	}
	k = known[bool]{is: out.Status.Allowed && !out.Status.Denied, until: g.now().Add(rightTime)}
	g.mu.Lock()
	if len(g.rights) >= maxKnown {
		clear(g.rights)
	}
	g.rights[key] = k
	g.mu.Unlock()
	return k.is, nil
}
