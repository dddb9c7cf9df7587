/*
 * Copies that a crash left between their note and their hand-over.
 *
 * A copy is handed over in three steps: write inject/.NAME; note that it is
 * owed; rename it to inject/NAME. The note is the commit point. For ID-N it
 * is that new/ID is gone, for ID-rN that ID.state counts N copies. Whatever
 * the injector has done meanwhile, nothing is owed twice.
 */
#ifndef STORE_RECOVER_H
#define STORE_RECOVER_H

/*
 * Hands over what is owed and removes hour-old leavings that are not; says
 * how many were handed over. For the recorder's start and now and then.
 */
unsigned recover_copies(void);

#endif
