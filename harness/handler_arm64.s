#include "textflag.h"

// A signal handler: R1 is the siginfo_t, R2 the ucontext_t, whose uc_stack says
// at 16 where the alternate stack begins. A count is kept there, and behind it
// what the handler was told each time, for the first 63 times. It returns to
// where the kernel says.
TEXT handler<>(SB), NOSPLIT|NOFRAME, $0
	MOVD  16(R2), R3
	MOVWU (R3), R4
	ADD   $1, R4, R5
	MOVW  R5, (R3)
	CMP   $63, R4
	BGE   done
	ADD   R4<<7, R3, R3
	MOVD  $16, R4
next:
	MOVD  (R1), R5
	MOVD  R5, 128(R3)
	ADD   $8, R1
	ADD   $8, R3
	SUBS  $1, R4
	BNE   next
done:
	RET

DATA ·handlerPC(SB)/8, $handler<>(SB)
GLOBL ·handlerPC(SB), NOPTR, $8
DATA ·restorerPC(SB)/8, $0
GLOBL ·restorerPC(SB), NOPTR, $8
