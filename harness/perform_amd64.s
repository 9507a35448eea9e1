#include "textflag.h"

#define NOP5 BYTE $0x90; BYTE $0x90; BYTE $0x90; BYTE $0x90; BYTE $0x90
#define NOP50 NOP5; NOP5; NOP5; NOP5; NOP5; NOP5; NOP5; NOP5; NOP5; NOP5
#define NOP500 NOP50; NOP50; NOP50; NOP50; NOP50; NOP50; NOP50; NOP50; NOP50; NOP50

// func Ticks() uint64
TEXT ·Ticks(SB), NOSPLIT, $0-8
	LFENCE
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET

// func nops(n uint64)
TEXT ·nops(SB), NOSPLIT, $0-8
	MOVQ	n+0(FP), CX
	JMP	next
again:
	NOP500
	DECQ	CX
next:
	TESTQ	CX, CX
	JNE	again
	RET

// func timedCall(nr uintptr, args *[6]uintptr, stamps *[2]uint64, t *tape, maker uint64) uintptr
TEXT ·timedCall(SB), NOSPLIT, $0-48
	MOVQ	nr+0(FP), R12
	MOVQ	args+8(FP), BX
	MOVQ	0(BX), DI
	MOVQ	8(BX), SI
	MOVQ	24(BX), R10
	MOVQ	32(BX), R8
	MOVQ	40(BX), R9
	MOVQ	16(BX), R13
	MOVQ	t+24(FP), BX // the child needs both when its stack is another
	MOVQ	maker+32(FP), R15
	LFENCE
	RDTSC
	SHLQ	$32, DX
	ORQ	AX, DX
	XCHGQ	R13, DX // the first stamp is in R13, the third argument in DX
	MOVQ	R12, AX
	SYSCALL
	MOVQ	AX, R12
	LFENCE
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	TESTQ	R12, R12
	JZ	zero
done:
	MOVQ	stamps+16(FP), BX
	MOVQ	R13, 0(BX)
	MOVQ	AX, 8(BX)
	MOVQ	R12, ret+40(FP)
	RET
zero:
	CMPQ	R15, $-1
	JEQ	done
	MOVQ	SP, CX // the new stack
	MOVQ	BX, 0(CX)
	MOVQ	R15, 8(CX)
	LEAQ	·performChild(SB), AX
	CALL	AX
	INT	$3
