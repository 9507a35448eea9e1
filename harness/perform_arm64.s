#include "textflag.h"

#define NOP5 WORD $0xd503201f; WORD $0xd503201f; WORD $0xd503201f; WORD $0xd503201f; WORD $0xd503201f
#define NOP50 NOP5; NOP5; NOP5; NOP5; NOP5; NOP5; NOP5; NOP5; NOP5; NOP5
#define NOP500 NOP50; NOP50; NOP50; NOP50; NOP50; NOP50; NOP50; NOP50; NOP50; NOP50

// func Ticks() uint64
TEXT ·Ticks(SB), NOSPLIT, $0-8
	ISB	$15
	MRS	CNTVCT_EL0, R0
	MOVD	R0, ret+0(FP)
	RET

// func nops(n uint64)
TEXT ·nops(SB), NOSPLIT, $0-8
	MOVD	n+0(FP), R9
again:
	CBZ	R9, done
	NOP500
	SUB	$1, R9
	B	again
done:
	RET

// func timedCall(nr uintptr, args *[6]uintptr, stamps *[2]uint64, t *tape, maker uint64) uintptr
TEXT ·timedCall(SB), NOSPLIT, $0-48
	MOVD	nr+0(FP), R8
	MOVD	args+8(FP), R9
	LDP	0(R9), (R0, R1)
	LDP	16(R9), (R2, R3)
	LDP	32(R9), (R4, R5)
	MOVD	t+24(FP), R19 // the child needs both when its stack is another
	MOVD	maker+32(FP), R20
	ISB	$15
	MRS	CNTVCT_EL0, R21
	SVC
	ISB	$15
	MRS	CNTVCT_EL0, R22
	CBZ	R0, zero
done:
	MOVD	stamps+16(FP), R9
	STP	(R21, R22), (R9)
	MOVD	R0, ret+40(FP)
	RET
zero:
	CMN	$1, R20
	BEQ	done
	STP	(R19, R20), 8(RSP) // on the new stack
	MOVD	$·performChild(SB), R9
	CALL	(R9)
	BRK	$0
