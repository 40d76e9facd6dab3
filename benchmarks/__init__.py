"""How fast, how small and how safe: programs that measure Nudger on this machine and write down what they found."""
