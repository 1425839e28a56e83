"""Resume a run that the page saved in PyTorch, with any number of processes, and save it again.

    python examples/continue_in_pytorch.py run.safetensors DATA --num_steps 5000 --batch 32
    torchrun --nproc-per-node 4 examples/continue_in_pytorch.py run.safetensors DATA --num_steps 5000 --batch 32

The algorithm is that of py/microgpt.py, for a batch of documents and all their positions at once. With a batch of one,
the default, it takes the core's steps: with --float64, equal but for rounding in a double's last digits.
"""
import argparse
import os
import random

import saved_run
import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F


def rmsnorm(x):
    return F.rms_norm(x, x.shape[-1:], eps=1e-5)


class GPT(nn.Module):
    """The core's GPT; its parameters have the names and the shapes of the core's weights."""
    def __init__(self, vocab_size, n_layer, n_embd, n_head, block_size):
        super().__init__()
        def matrix(rows, columns=n_embd): return nn.Parameter(torch.empty(rows, columns))
        self.n_head = n_head
        self.wte, self.wpe, self.lm_head = matrix(vocab_size), matrix(block_size), matrix(vocab_size)
        for i in range(n_layer):
            layer = {f"attn_{name}": matrix(n_embd) for name in ("wq", "wk", "wv", "wo")}
            layer |= {"mlp_fc1": matrix(4 * n_embd), "mlp_fc2": matrix(n_embd, 4 * n_embd)}
            self.add_module(f"layer{i}", nn.ParameterDict(layer))

    def forward(self, tokens):
        """tokens [document, position] -> logits [document, position, token that may come next]."""
        x = rmsnorm(F.embedding(tokens, self.wte) + self.wpe[:tokens.shape[1]])
        for layer in self.children():
            x = x + self.attend(layer, rmsnorm(x))
            x = x + F.linear(F.linear(rmsnorm(x), layer["mlp_fc1"]).relu(), layer["mlp_fc2"])
        return F.linear(x, self.lm_head)

    def attend(self, layer, x):
        query, key, value = (F.linear(x, layer[f"attn_{name}"]).unflatten(-1, (self.n_head, -1)).transpose(1, 2)
                             for name in ("wq", "wk", "wv"))  # each [document, head, position, n_embd / n_head]
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)  # scaled as in the core
        return F.linear(mixed.transpose(1, 2).flatten(2), layer["attn_wo"])

    def losses(self, rows):
        """Each document's loss, the mean over its positions. rows: what batch() gives."""
        tokens, targets = rows[:, :-1].clamp(min=0), rows[:, 1:]
        losses = F.cross_entropy(self(tokens).transpose(1, 2), targets, ignore_index=-1, reduction="none")
        return losses.sum(1) / (targets >= 0).sum(1)


def batch(docs, alphabet, block_size):
    """Documents as a tensor [document, position] of tokens: BOS, letters, BOS, cut to the block, padded with -1."""
    token, bos = {char: i for i, char in enumerate(alphabet)}, len(alphabet)
    rows = [[bos, *(token[char] for char in doc), bos][:block_size + 1] for doc in docs]
    longest = max(map(len, rows), default=2)
    return torch.tensor([row + [-1] * (longest - len(row)) for row in rows], dtype=torch.long).view(-1, longest)


def train(model, optimizer, docs, about, size, rank, world):
    """Train until num_steps, each step on the next `size` documents; yields each step's loss, the batch's mean."""
    recipe = about["recipe"]
    for step in range(about["step"], recipe["num_steps"]):
        share = [docs[(size * step + i) % len(docs)] for i in range(rank, size, world)]  # this process's documents
        loss = model.losses(batch(share, about["alphabet"], recipe["block_size"])).sum() / size
        optimizer.zero_grad()
        loss.backward()
        if world > 1:  # the shares' sums add up to the batch's, in each process alike: so the weights stay the same
            for tensor in (loss := loss.detach(), *(p.grad for p in model.parameters())):
                dist.all_reduce(tensor)
        optimizer.param_groups[0]["lr"] = recipe["learning_rate"] * (1 - step / recipe["num_steps"])
        optimizer.step()
        about["step"] = step + 1
        yield loss.item()


def load(tensors, about, dtype):
    """The model and its optimizer, in the state that was saved."""
    shape = [about["recipe"][name] for name in ("n_layer", "n_embd", "n_head", "block_size")]
    model = GPT(len(about["alphabet"]) + 1, *shape).to(dtype)
    model.load_state_dict({name: tensors[name] for name in model.state_dict()})
    optimizer = torch.optim.Adam(model.parameters(), betas=(0.85, 0.99), eps=1e-8)
    for name, p in model.named_parameters():
        moments = {theirs: tensors[part + name].to(dtype) for part, theirs in saved_run.MOMENTS.items()}
        optimizer.state[p] = {"step": torch.tensor(float(about["step"]))} | moments
    return model, optimizer


def main(args, rank, world):
    tensors, about = saved_run.read(args.run)
    recipe = about["recipe"]
    recipe |= {name: value for name in ("num_steps", "learning_rate") if (value := getattr(args, name)) is not None}
    if about["step"] >= recipe["num_steps"]:
        raise ValueError(f"{args.run} has taken its {about['step']} steps: a larger --num_steps goes on")
    with open(args.data, encoding="utf-8-sig") as lines:
        docs = [line.strip() for line in lines if line.strip()]
    if args.batch < 1 or not docs:
        raise ValueError("a step takes a document at least")
    if strange := set("".join(docs)) - set(about["alphabet"]):
        raise ValueError(f"{args.data} has {min(strange)!r}, a letter that {args.run} has no token for")
    random.Random(recipe["seed"]).shuffle(docs)  # the core's order; the page holds out its end
    docs = docs[:len(docs) - len(docs) * recipe.get("held_out", 0) // 100]
    model, optimizer = load(tensors, about, torch.float64 if args.float64 else torch.float32)
    if world > 1:
        dist.init_process_group("gloo")
    losses = []
    for loss in train(model, optimizer, docs, about, args.batch, rank, world):
        losses.append(loss)
        if rank == 0 and (about["step"] % 100 == 0 or about["step"] == recipe["num_steps"]):
            print(f"step {about['step']:4d} / {recipe['num_steps']:4d} | loss {loss:.4f}", flush=True)
    if rank == 0:
        for name, p in model.named_parameters():
            moments = {part + name: optimizer.state[p][theirs] for part, theirs in saved_run.MOMENTS.items()}
            tensors |= {name: p} | moments
        saved_run.write(args.save, tensors | saved_run.with_losses(tensors, losses, about), about)
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="the .safetensors file that the page saved")
    parser.add_argument("data", help="the training data, one document a line")
    parser.add_argument("--batch", type=int, default=1, help="documents in a step, over all processes")
    parser.add_argument("--num_steps", type=int, help="the run's steps in all, those in the file included")
    parser.add_argument("--learning_rate", type=float, help="at step 0; it falls to zero in a line over the steps")
    parser.add_argument("--float64", action="store_true", help="compute in double precision, as the page does")
    parser.add_argument("--save", default="continued.safetensors", help="where to (default: %(default)s)")
    try:
        main(parser.parse_args(), *(int(os.environ.get(*name)) for name in (("RANK", 0), ("WORLD_SIZE", 1))))
    except (OSError, ValueError) as error:
        parser.exit(2, f"continue_in_pytorch: {error}\n")
