//go:build !buckets

package shelf

import (
	"context"
	"fmt"
)

// openBucket tells that this program was built without the clients of object stores,
// which would make it more than twice as large.
func openBucket(_ context.Context, scheme, _ string) (store, error) {
	return nil, fmt.Errorf("%w: %s:// is a bucket, and this program was built without buckets (build it with -tags buckets)", ErrPlace, scheme)
}
