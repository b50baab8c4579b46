"""Store a conversation, ask a question over two hops, see the sources, forget."""

import os

from mnemon_client import Message, Mnemon


def main() -> None:
    with Mnemon(os.environ.get("MNEMON_URL", "http://127.0.0.1:8366"), key=os.environ.get("MNEMON_API_KEY")) as mnemon:
        memory = mnemon.memory(os.environ.get("MNEMON_USER", "ana"), "quickstart")
        memory.remember(
            [
                Message("My sister Clara works at Initech.", speaker="Ana"),
                Message("Initech is headquartered in Porto.", speaker="Ana"),
            ]
        )
        question = "In which city is the employer of Ana's sister?"
        for item in memory.retrieve(question, strategy="DEEP", limit=3).items:
            print(f"{item.final_score:.2f} {item.text}   {item.path_text}")
            print(f"     “{item.provenance[0].quote}”")
        print(memory.context(question, max_tokens=200).text)
        print("forgotten:", memory.forget(everything=True).nodes)


if __name__ == "__main__":
    main()
