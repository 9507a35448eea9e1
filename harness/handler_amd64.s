#include "textflag.h"

// A signal handler: SI is the siginfo_t, DX the ucontext_t, whose uc_stack says
// at 16 where the alternate stack begins. A count is kept there, and behind it
// what the handler was told each time, for the first 63 times.
TEXT handler<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ 16(DX), AX
	MOVL (AX), CX
	ADDL $1, (AX)
	CMPL CX, $63
	JGE  done
	SHLQ $7, CX
	LEAQ 128(AX)(CX*1), DI
	MOVQ $16, CX
	CLD
	REP; MOVSQ
done:
	RET

TEXT restorer<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ $15, AX // rt_sigreturn
	SYSCALL
	INT  $3

DATA ·handlerPC(SB)/8, $handler<>(SB)
GLOBL ·handlerPC(SB), NOPTR, $8
DATA ·restorerPC(SB)/8, $restorer<>(SB)
GLOBL ·restorerPC(SB), NOPTR, $8
