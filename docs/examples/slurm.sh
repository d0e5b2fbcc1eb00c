#!/usr/bin/env bash
# Reads a list of papers as an array of Slurm tasks, 256 papers a task, into a folder that all machines see.
#
#     covid-ct list-documents corpus.txt > sorted.txt
#     split -l 256 -d -a 5 sorted.txt lists/
#     sbatch --array=0-$(( $(ls lists | wc -l) - 1 ))%200 docs/examples/slurm.sh
#     covid-ct merge shards
#
# A task that is killed or runs out of time leaves no shard; `scontrol requeue`, or the same sbatch again, reads what is missing.
#SBATCH --job-name=covid-ct
#SBATCH --cpus-per-task=4
#SBATCH --mem=17G
#SBATCH --time=01:00:00
#SBATCH --requeue
set -euo pipefail

list=$(printf 'lists/%05d' "$SLURM_ARRAY_TASK_ID")
# 1 says that some documents could not be read, which the shard tells.
covid-ct extract "$list" --out shards --objects objects --jobs "$SLURM_CPUS_PER_TASK" --memory 4096 || [ $? -eq 1 ]
