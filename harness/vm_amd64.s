#include "textflag.h"

// func cloneOnStack(nr uintptr, args *[6]uintptr, child *slot) uintptr
TEXT ·cloneOnStack(SB), NOSPLIT, $0-32
	MOVQ	nr+0(FP), AX
	MOVQ	args+8(FP), BX
	MOVQ	child+16(FP), R12
	MOVQ	0(BX), DI
	MOVQ	8(BX), SI
	MOVQ	16(BX), DX
	MOVQ	24(BX), R10
	MOVQ	32(BX), R8
	MOVQ	40(BX), R9
	SYSCALL
	TESTQ	AX, AX
	JZ	child
	MOVQ	AX, ret+24(FP)
	RET
child:
	MOVQ	R12, 0(SP)     // on the new stack
	LEAQ	·serve(SB), AX // in a plain call the linker would see a stack that grows for ever
	CALL	AX
	INT	$3

// func callC(function, a, b uintptr) uintptr
TEXT ·callC(SB), NOSPLIT, $16-32
	MOVQ	function+0(FP), AX
	MOVQ	a+8(FP), DI
	MOVQ	b+16(FP), SI
	MOVQ	SP, R12
	ANDQ	$~15, SP // as the C ABI wants it
	CALL	AX
	MOVQ	R12, SP
	MOVLQSX	AX, AX
	MOVQ	AX, ret+24(FP)
	RET
