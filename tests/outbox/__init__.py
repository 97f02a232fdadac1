"""What benchmarks and chaos of the outbox share: workers without pages, and a fast receiver."""
