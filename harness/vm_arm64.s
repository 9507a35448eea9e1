#include "textflag.h"

// func cloneOnStack(nr uintptr, args *[6]uintptr, child *slot) uintptr
TEXT ·cloneOnStack(SB), NOSPLIT, $0-32
	MOVD	nr+0(FP), R8
	MOVD	args+8(FP), R9
	MOVD	child+16(FP), R19
	LDP	0(R9), (R0, R1)
	LDP	16(R9), (R2, R3)
	LDP	32(R9), (R4, R5)
	SVC
	CBZ	R0, child
	MOVD	R0, ret+24(FP)
	RET
child:
	MOVD	R19, 8(RSP)     // on the new stack
	MOVD	$·serve(SB), R9 // in a plain call the linker would see a stack that grows for ever
	CALL	(R9)
	BRK	$0

// func callC(function, a, b uintptr) uintptr
TEXT ·callC(SB), NOSPLIT, $16-32
	MOVD	function+0(FP), R9
	MOVD	a+8(FP), R0
	MOVD	b+16(FP), R1
	CALL	(R9)
	SXTW	R0, R0
	MOVD	R0, ret+24(FP)
	RET
