"""What the shop does meanwhile: reads, searches and writes, until the file `stop` is there. Prints its writes."""

import os
import random
import sys
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"


def main() -> None:
    import django

    django.setup()
    from clients.models import Customer

    keys, chance, number = list(Customer.objects.values_list("pk", flat=True)), random.Random(3), 0
    while not Path("stop").exists():
        number += 1
        customer = Customer.objects.get(pk=chance.choice(keys))
        found = Customer.objects.get(ssn=customer.ssn)
        assert found.pk == customer.pk
        if number % 2:
            customer.ssn = f"w{number:010d}"
            customer.save()
        else:
            Customer.objects.filter(pk=customer.pk).update(ssn=f"w{number:010d}")
        sys.stdout.write(f"{customer.pk} w{number:010d}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
