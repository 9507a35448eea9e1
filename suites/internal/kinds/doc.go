// Package kinds has, for each kind of namespace, a mark: a change to what the
// namespace isolates, which its members see and nobody else does. With it a spec
// shows by effects, not by inode numbers, whether processes share a namespace:
//
//	mark := kinds.NewMark(nsutil.UTS)
//	inside, err := mark.Isolate(Spawn())
//	...
//	Expect(mark.Put(inside)).To(Succeed())
//	Expect(mark.See(inside)).To(Equal(mark.Sign))
//	Expect(mark.See(outside)).NotTo(Equal(mark.Sign))
//
// Needs says which kinds the running kernel should have.
package kinds
